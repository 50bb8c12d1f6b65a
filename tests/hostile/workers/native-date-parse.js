// harm: a loop around parsing dates from a long text
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const text = "1 January 2020 (" + "x".repeat(1_000_000) + ")";
    for (;;) Date.parse(text);
  },
};
