// harm: setters on Object.prototype that steal what is stored
// expect: 200 - ok or 500 worker-exception exception or 500 worker-does-not-load exception
// body: right answer
// client: get 2
for (let n = 0; n < 10; n++) Object.defineProperty(Object.prototype, n, { set() { throw new Error("polluted"); }, get() { return 7; }, configurable: true });

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
