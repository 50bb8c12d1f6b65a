// harm: a loop around comparing large strings
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "x".repeat(8 << 20);
    const other = ("y" + text).slice(1);
    let same = 0;
    for (;;) if (text === other) same++;
  },
};
