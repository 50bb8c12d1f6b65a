// harm: Array.prototype[Symbol.iterator] replaced by one that throws
// expect: 200 - ok
// body: right answer
// client: get 2
Array.prototype[Symbol.iterator] = function () { throw new Error("polluted"); };

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
