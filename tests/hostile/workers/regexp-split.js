// harm: a split whose pattern backtracks for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    ("a".repeat(60) + "b").split(/(?:a+)+c/);
  },
};
