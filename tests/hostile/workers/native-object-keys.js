// harm: a loop around the keys of a large object
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const object = Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`k${n}`, n]));
    for (;;) Object.keys(object);
  },
};
