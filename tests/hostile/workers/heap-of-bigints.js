// harm: huge integers without an end
// expect: 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (let n = 1n; ; n += 1n) kept.push((n << 100_000n) + n);
  },
};
