// harm: URL objects without an end
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=500
export default {
  fetch() {
    const kept = [];
    for (;;) kept.push(new URL("http://a/" + "x".repeat(10_000) + kept.length));
  },
};
