// harm: a lookbehind that backtracks for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    /(?<=x(a+)+)b/.test("y" + "a".repeat(60) + "b");
  },
};
