// harm: timers, scheduler and queueMicrotask replaced
// expect: 200 - ok
// body: right answer
// client: get 2
globalThis.setTimeout = globalThis.queueMicrotask = globalThis.clearTimeout = () => { throw new Error("polluted"); };
globalThis.scheduler = null;

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
