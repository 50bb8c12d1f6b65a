// harm: async functions that wait for ever
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  async fetch() {
    const never = new Promise(() => {});
    async function wait() {
      await never;
    }
    for (;;) wait();
  },
};
