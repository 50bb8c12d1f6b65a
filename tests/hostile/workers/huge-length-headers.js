// harm: a header's value taken from an array of four thousand million holes
// expect: 500 worker-exception exception or 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    new Headers({ a: new Array(2 ** 32 - 1) });
  },
};
