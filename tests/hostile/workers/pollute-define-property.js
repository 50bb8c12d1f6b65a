// harm: Object.defineProperty, keys, create and their like replaced
// expect: 200 - ok
// body: right answer
// client: get 2
for (const key of ["defineProperty", "keys", "create", "assign", "freeze", "getPrototypeOf", "entries", "fromEntries"]) {
  Object[key] = () => { throw new Error("polluted"); };
}
for (const key of Reflect.ownKeys(Reflect)) if (typeof Reflect[key] === "function") Reflect[key] = () => { throw new Error("polluted"); };

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
