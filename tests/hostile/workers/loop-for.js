// harm: a loop that never yields
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    for (;;) {}
  },
};
