// harm: a heap that grows in the block that cleans up
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (;;) {
      try {
        for (;;) kept.push(new Array(100_000).fill(0));
      } catch {
        kept.push(new Array(100_000).fill(0));
      } finally {
        for (;;) kept.push(new Array(100_000).fill(0));
      }
    }
  },
};
