// harm: a loop in Error.prepareStackTrace
// expect: 500 worker-exception exception
export default {
  fetch() {
    Error.prepareStackTrace = () => { for (;;) {} };
    throw new Error("x");
  },
};
