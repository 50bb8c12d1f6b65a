// harm: a loop around concat of large arrays
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: memory_mib=128
export default {
  fetch() {
    const items = new Array(1_000_000).fill(1);
    for (;;) items.concat(items);
  },
};
