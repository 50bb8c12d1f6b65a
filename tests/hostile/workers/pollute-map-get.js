// harm: the methods of Map, Set and WeakMap replaced
// expect: 200 - ok
// body: right answer
// client: get 2
for (const Class of [Map, Set, WeakMap, WeakSet]) {
  for (const key of ["get", "set", "has", "add", "delete", "forEach", Symbol.iterator]) Class.prototype[key] = () => { throw new Error("polluted"); };
}

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
