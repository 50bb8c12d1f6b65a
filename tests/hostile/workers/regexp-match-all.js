// harm: matchAll with a pattern that backtracks for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    [...("a".repeat(60) + "b").matchAll(/(a+a+)+$/g)];
  },
};
