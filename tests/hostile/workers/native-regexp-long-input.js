// harm: a harmless pattern on a long text, again and again
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "abc ".repeat(1_000_000);
    for (;;) text.match(/\w+$/);
  },
};
