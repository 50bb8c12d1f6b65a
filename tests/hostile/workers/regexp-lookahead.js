// harm: a lookahead that backtracks for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    /^(?=(a+)+$)/.test("a".repeat(60) + "b");
  },
};
