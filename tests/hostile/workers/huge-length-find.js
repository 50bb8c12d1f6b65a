// harm: findLast over a length of 2 to the 53rd
// expect: 503 exceeded-cpu exceededCpu or 500 worker-exception exception
export default {
  fetch() {
    Array.prototype.findLast.call({ length: 2 ** 53 - 1 }, () => false);
  },
};
