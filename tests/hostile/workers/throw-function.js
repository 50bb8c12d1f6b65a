// harm: a function with a hostile name, thrown
// expect: 500 worker-exception exception
export default {
  fetch() {
    throw Object.defineProperty(() => {}, "name", { get() { throw 1; } });
  },
};
