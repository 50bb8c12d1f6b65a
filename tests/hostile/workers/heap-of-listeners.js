// harm: listeners of one target without an end
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=500
export default {
  fetch() {
    const target = new EventTarget();
    for (;;) target.addEventListener("x", () => {});
  },
};
