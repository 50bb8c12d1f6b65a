// harm: JSON.stringify of an array of four thousand million holes
// expect: 500 worker-exception exception or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=500
export default {
  fetch() {
    JSON.stringify(new Array(2 ** 32 - 1));
  },
};
