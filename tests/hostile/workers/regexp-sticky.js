// harm: a sticky pattern that backtracks for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    /(?:x+x+)+y/y.test("x".repeat(80));
  },
};
