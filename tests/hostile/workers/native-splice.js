// harm: a loop around splice of a large array
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: memory_mib=128
export default {
  fetch() {
    const items = new Array(1_000_000).fill({});
    for (;;) items.splice(1, 1, 0, 0).length && items.pop();
  },
};
