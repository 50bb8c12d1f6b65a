// harm: a loop around slice of a large array
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: memory_mib=128
export default {
  fetch() {
    const items = new Array(2_000_000).fill(1);
    for (;;) items.slice(1);
  },
};
