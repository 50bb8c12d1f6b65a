// harm: arrays with one far element each
// expect: 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (let n = 1; ; n++) {
      const sparse = [];
      sparse[n * 50_000] = n;
      sparse[1000] = n;
      kept.push(sparse, new Array(100_000));
    }
  },
};
