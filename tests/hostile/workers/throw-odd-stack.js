// harm: an error whose stack is no text
// expect: 500 worker-exception exception
export default {
  fetch() {
    throw Object.assign(new Error("x"), { stack: { toString() { throw 1; } }, name: Symbol("name"), message: { toString: null } });
  },
};
