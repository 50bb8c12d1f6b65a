// harm: a loop around products of huge integers
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const number = (1n << 8_000_000n) - 1n;
    for (;;) number * number;
  },
};
