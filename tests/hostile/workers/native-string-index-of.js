// harm: a loop around finding what is not in a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "a".repeat(8 << 20);
    for (;;) text.indexOf("a".repeat(500) + "b");
  },
};
