// harm: a loop around JSON.stringify of a large array
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const items = Array.from({ length: 100_000 }, (_, n) => ({ n, text: `item ${n}` }));
    for (;;) JSON.stringify(items);
  },
};
