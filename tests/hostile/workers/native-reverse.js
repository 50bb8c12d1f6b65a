// harm: a loop around reverse of a large array
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const items = new Array(4_000_000).fill(1.5);
    for (;;) items.reverse();
  },
};
