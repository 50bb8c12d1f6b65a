// harm: a backreference to a named group that backtracks for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    /^(?<name>a+)+\k<name>b$/.test("a".repeat(60));
  },
};
