// harm: an Error.prepareStackTrace that throws
// expect: 500 worker-exception exception
Error.prepareStackTrace = () => { throw new Error("again"); };

export default {
  fetch() {
    throw new Error("x");
  },
};
