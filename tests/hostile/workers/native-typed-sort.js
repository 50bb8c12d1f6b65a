// harm: a loop around sort of a typed array
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const items = Float64Array.from({ length: 1 << 20 }, (_, n) => (n * 7919) % 1_000_003);
    for (;;) items.toSorted();
  },
};
