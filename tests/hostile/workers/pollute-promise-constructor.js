// harm: Promise and its species replaced
// expect: 200 - ok or 500 worker-exception exception
// body: right answer
// client: get 2
Object.defineProperty(Promise, Symbol.species, { get() { throw new Error("polluted"); } });
Object.defineProperty(Promise.prototype, "constructor", { get() { throw new Error("polluted"); } });
globalThis.Promise = class {};

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
