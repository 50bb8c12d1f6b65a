// harm: a huge integer from decimal
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "9".repeat(4_000_000);
    for (;;) BigInt(text);
  },
};
