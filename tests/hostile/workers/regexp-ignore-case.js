// harm: a pattern without regard to case that backtracks for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    /^(\w|[a-z])+$/iu.test("aB".repeat(40) + "!");
  },
};
