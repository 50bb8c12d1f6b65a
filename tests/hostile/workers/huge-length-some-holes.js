// harm: some over an array of four thousand million holes
// expect: 503 exceeded-cpu exceededCpu or 500 worker-exception exception
export default {
  fetch() {
    new Array(2 ** 32 - 1).some(() => true);
  },
};
