// harm: a symbol, thrown
// expect: 500 worker-exception exception
export default {
  fetch() {
    throw Symbol("thrown");
  },
};
