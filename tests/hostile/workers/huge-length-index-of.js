// harm: indexOf over a length of 2 to the 53rd
// expect: 503 exceeded-cpu exceededCpu or 500 worker-exception exception
export default {
  fetch() {
    Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);
  },
};
