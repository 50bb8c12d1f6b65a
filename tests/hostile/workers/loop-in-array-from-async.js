// harm: Array.fromAsync over an async iterator without an end
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  async fetch() {
    async function* numbers() {
      for (;;) yield;
    }
    await Array.fromAsync(numbers());
  },
};
