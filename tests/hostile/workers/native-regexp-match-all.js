// harm: all matches of a harmless pattern in a long text
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: memory_mib=128
export default {
  fetch() {
    const text = "abc ".repeat(200_000);
    for (;;) text.match(/\w/g);
  },
};
