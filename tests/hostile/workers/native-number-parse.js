// harm: a loop around numbers from a long text
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const text = "1".repeat(4_000_000);
    for (;;) Number(text);
  },
};
