// harm: errors reported without an end
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: cpu_ms=300
export default {
  fetch() {
    const report = globalThis.reportError ?? console.error;
    for (;;) report(new Error("seen"));
  },
};
