// harm: toSorted over an array of four thousand million holes
// expect: 500 worker-exception exception or 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    new Array(2 ** 32 - 1).toSorted();
  },
};
