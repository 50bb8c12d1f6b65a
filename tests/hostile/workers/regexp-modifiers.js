// harm: a pattern with modifiers that backtracks for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    /^(?i:(A+)+)$/.test("a".repeat(60) + "b");
  },
};
