// harm: dates without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (;;) kept.push(new Date(kept.length));
  },
};
