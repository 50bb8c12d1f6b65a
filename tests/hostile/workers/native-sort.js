// harm: a loop around sort without a comparator
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const items = Array.from({ length: 300_000 }, (_, n) => (n * 7919) % 300_007);
    for (;;) items.toSorted();
  },
};
