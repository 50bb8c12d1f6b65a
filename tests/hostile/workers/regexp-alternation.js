// harm: a pattern whose alternatives overlap
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    /^(a|a|aa)+$/.test("a".repeat(60) + "b");
  },
};
