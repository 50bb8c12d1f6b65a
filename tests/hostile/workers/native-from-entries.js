// harm: a loop around making a large object
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const entries = Array.from({ length: 200_000 }, (_, n) => [`k${n}`, n]);
    for (;;) Object.fromEntries(entries);
  },
};
