// harm: timers that are set and cleared without an end
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    for (;;) clearTimeout(setTimeout(() => {}, 1_000));
  },
};
