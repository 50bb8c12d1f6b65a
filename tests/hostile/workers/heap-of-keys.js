// harm: an object with a million keys
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=500 memory_mib=16
export default {
  fetch() {
    const object = {};
    for (let n = 0; ; n++) object[`key ${n}`] = n;
  },
};
