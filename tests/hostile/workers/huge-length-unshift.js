// harm: unshift over a length of nearly 2 to the 53rd
// expect: 503 exceeded-cpu exceededCpu or 500 worker-exception exception
export default {
  fetch() {
    Array.prototype.unshift.call({ length: 2 ** 53 - 3 }, 1);
  },
};
