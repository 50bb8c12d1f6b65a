// harm: buffers in a loop that ignores every refusal
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: cpu_ms=300
export default {
  fetch() {
    const kept = [];
    for (;;) {
      try {
        kept.push(new ArrayBuffer(1 << 20));
      } catch {
        continue;
      }
    }
  },
};
