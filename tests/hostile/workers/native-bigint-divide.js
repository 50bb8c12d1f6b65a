// harm: a loop around quotients of huge integers
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const large = (1n << 8_000_000n) - 1n;
    const small = (1n << 4_000_000n) - 3n;
    for (;;) large % small;
  },
};
