// harm: weak maps whose keys are kept
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const [map, keys] = [new WeakMap(), []];
    for (;;) {
      const key = {};
      keys.push(key);
      map.set(key, new Array(100));
    }
  },
};
