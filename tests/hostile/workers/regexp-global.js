// harm: a global pattern that backtracks at every place
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    "x".repeat(100_000).replace(/x*x*x*y/g, "");
  },
};
