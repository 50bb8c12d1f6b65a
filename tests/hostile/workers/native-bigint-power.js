// harm: one power of a huge integer
// expect: 503 exceeded-cpu exceededCpu or 500 worker-exception exception
// limits: memory_mib=128
export default {
  fetch() {
    const number = 3n ** 500_000n;
    for (;;) number ** 40n;
  },
};
