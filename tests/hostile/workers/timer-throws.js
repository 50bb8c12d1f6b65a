// harm: timers that throw what cannot be shown
// expect: 200 - ok
// body: survived
export default {
  async fetch() {
    setTimeout(() => { throw new Proxy({}, { get() { throw 1; } }); }, 0);
    setTimeout(() => { throw null; }, 0);
    await scheduler.wait(10);
    return new Response("survived");
  },
};
