// harm: a pattern of Unicode sets that backtracks for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    /^([\p{L}--[b]]+)+$/v.test("\u00e9".repeat(60) + "b");
  },
};
