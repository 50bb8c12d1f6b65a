// harm: a loop around Map.groupBy of a large array
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: memory_mib=128
export default {
  fetch() {
    const items = Array.from({ length: 300_000 }, (_, n) => n);
    for (;;) Map.groupBy(items, (n) => n);
  },
};
