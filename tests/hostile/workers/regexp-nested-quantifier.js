// harm: a pattern with a quantifier in a quantifier
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    /^(a+)+$/.test("a".repeat(60) + "b");
  },
};
