// harm: a loop around toWellFormed of a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "\ud800a".repeat(4 << 20);
    for (;;) text.toWellFormed();
  },
};
