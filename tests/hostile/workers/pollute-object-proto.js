// harm: Object.prototype.__proto__ and toString replaced
// expect: 200 - ok
// body: right answer
// client: get 2
Object.defineProperty(Object.prototype, "__proto__", { get() { throw new Error("polluted"); }, set() { throw new Error("polluted"); } });
Object.prototype.toString = Object.prototype.valueOf = () => { throw new Error("polluted"); };

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
