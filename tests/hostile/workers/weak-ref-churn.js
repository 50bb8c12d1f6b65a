// harm: weak references without an end
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: cpu_ms=300
export default {
  fetch() {
    const kept = [];
    for (;;) {
      kept.push(new WeakRef({ n: kept.length }));
      if (kept.length > 100_000) kept.length = 0;
    }
  },
};
