// harm: small slices that keep large strings
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (;;) kept.push((`x${kept.length}`.padEnd(200_000, "y") + "z").slice(1, 20));
  },
};
