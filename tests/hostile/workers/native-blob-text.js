// harm: a loop around the text of a large Blob
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  async fetch() {
    const blob = new Blob(["\u20ac".repeat(2_000_000)]);
    for (;;) await blob.text();
  },
};
