// harm: a huge integer in decimal
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const number = (1n << 16_000_000n) - 1n;
    for (;;) number.toString();
  },
};
