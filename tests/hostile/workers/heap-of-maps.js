// harm: maps in maps without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const map = new Map();
    for (let n = 0; ; n++) map.set({}, new Map([[n, n]]));
  },
};
