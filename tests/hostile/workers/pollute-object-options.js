// harm: the names of options as getters on Object.prototype
// expect: 200 - ok or 500 worker-exception exception
// body: right answer
// client: get 2
for (const key of ["status", "headers", "method", "body", "signal", "type", "mode", "size", "highWaterMark", "start", "pull", "cancel"]) {
  Object.defineProperty(Object.prototype, key, { get() { throw new Error("polluted"); }, configurable: true });
}

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
