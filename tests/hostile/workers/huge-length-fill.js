// harm: fill over a Proxy with a length of 2 to the 53rd
// expect: 503 exceeded-cpu exceededCpu or 500 worker-exception exception
export default {
  fetch() {
    Array.prototype.fill.call(new Proxy({ length: 2 ** 53 - 1 }, { set: () => true }), 0);
  },
};
