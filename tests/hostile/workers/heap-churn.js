// harm: garbage without an end, none of it kept
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    let last;
    for (;;) last = new Array(10_000).fill(last === undefined);
  },
};
