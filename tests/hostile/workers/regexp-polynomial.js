// harm: a pattern that takes the fifth power of a text's length
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    /a*a*a*a*a*b$/.test("a".repeat(5_000));
  },
};
