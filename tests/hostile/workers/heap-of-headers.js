// harm: Headers objects without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (;;) kept.push(new Headers({ a: `value ${kept.length}`.padEnd(2_000, "x") }));
  },
};
