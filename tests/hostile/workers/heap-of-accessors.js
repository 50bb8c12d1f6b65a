// harm: objects with accessors of their own without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (let n = 0; ; n++) kept.push(Object.defineProperty({}, `p${n}`, { get: () => n, configurable: true }));
  },
};
