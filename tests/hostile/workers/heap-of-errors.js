// harm: errors with deep stacks without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    Error.stackTraceLimit = 200;
    const kept = [];
    const deep = (n) => (n === 0 ? kept.push(new Error("x")) : deep(n - 1));
    for (;;) deep(200);
  },
};
