// harm: closures without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    let kept = () => 0;
    for (;;) {
      const before = kept;
      kept = () => before() + 1;
    }
  },
};
