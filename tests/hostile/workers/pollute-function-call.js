// harm: Function.prototype.call, apply and bind replaced
// expect: 200 - ok
// body: right answer
// client: get 2
for (const key of ["call", "apply", "bind"]) Function.prototype[key] = () => { throw new Error("polluted"); };
Reflect.apply = () => { throw new Error("polluted"); };

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
