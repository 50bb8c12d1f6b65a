// harm: Array.from of something with a length of four thousand million
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=2000
export default {
  fetch() {
    Array.from({ length: 2 ** 32 - 1 });
  },
};
