// harm: a loop around flat of a large array
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: memory_mib=128
export default {
  fetch() {
    const items = new Array(200_000).fill([1, [2]]);
    for (;;) items.flat(2);
  },
};
