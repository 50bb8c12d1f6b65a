// harm: registered symbols without an end
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=5000
export default {
  fetch() {
    for (let n = 0; ; n++) Symbol.for(`symbol ${n}`.padEnd(500, "x"));
  },
};
