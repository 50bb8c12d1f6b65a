// harm: the test of what is an instance replaced
// expect: 200 - ok or 500 worker-exception exception
// body: right answer
// client: get 2
Object.defineProperty(Response, Symbol.hasInstance, { value: () => { throw new Error("polluted"); } });

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
