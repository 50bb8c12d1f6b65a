// harm: one lastIndexOf of a long pattern in a long text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "a".repeat(4 << 20);
    text.lastIndexOf("b" + "a".repeat(1 << 20));
    for (;;) text.lastIndexOf("b" + "a".repeat(1 << 16));
  },
};
