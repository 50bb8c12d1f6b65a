// harm: a list of twenty thousand languages, each of which V8 compares with all others
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const names = Array.from({ length: 20_000 }, (_, n) => `en-x-${n.toString(36)}`);
    for (;;) new Intl.NumberFormat(names);
  },
};
