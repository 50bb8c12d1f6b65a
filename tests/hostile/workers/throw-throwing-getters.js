// harm: an error whose getters throw themselves
// expect: 500 worker-exception exception
export default {
  fetch() {
    const error = new Error("x");
    for (const key of ["stack", "message", "name", "cause", "toString", "constructor"]) {
      Object.defineProperty(error, key, { get() { throw error; } });
    }
    throw error;
  },
};
