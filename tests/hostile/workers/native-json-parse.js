// harm: a loop around JSON.parse of a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = JSON.stringify(Array.from({ length: 100_000 }, (_, n) => ({ n, text: `item ${n}` })));
    for (;;) JSON.parse(text);
  },
};
