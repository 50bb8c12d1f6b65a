// harm: the methods of arrays replaced by ones that throw
// expect: 200 - ok
// body: right answer
// client: get 2
for (const key of ["push", "pop", "shift", "slice", "splice", "map", "forEach", "join", "indexOf", "includes", "sort", "concat"]) {
  Array.prototype[key] = () => { throw new Error("polluted"); };
}

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
