// harm: one set that grows without an end
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=500
export default {
  fetch() {
    const set = new Set();
    for (let n = 0; ; n++) set.add(n + 0.5);
  },
};
