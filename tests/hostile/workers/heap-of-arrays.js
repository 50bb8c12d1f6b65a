// harm: arrays without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (;;) kept.push(new Array(1000).fill(kept.length));
  },
};
