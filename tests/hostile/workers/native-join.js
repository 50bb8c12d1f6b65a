// harm: a loop around join of a large array
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const items = Array.from({ length: 1_000_000 }, (_, n) => n);
    for (;;) items.join("-");
  },
};
