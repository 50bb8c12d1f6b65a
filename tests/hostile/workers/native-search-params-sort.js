// harm: a loop around sorting many search parameters
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const params = new URLSearchParams(Array.from({ length: 50_000 }, (_, n) => [String((n * 7919) % 50_021), "x"]));
    for (;;) params.sort();
  },
};
