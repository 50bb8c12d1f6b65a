// harm: finalizers that never return
// expect: 503 exceeded-cpu exceededCpu or 200 - exceededCpu
const registry = new FinalizationRegistry(() => { for (;;) {} });

export default {
  async fetch() {
    for (let n = 0; n < 1000; n++) registry.register({});
    for (let round = 0; round < 50; round++) {
      new Array(100_000).fill(round);
      await scheduler.wait(1);
    }
    for (;;) {}
  },
};
