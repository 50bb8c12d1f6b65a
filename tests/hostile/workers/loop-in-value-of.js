// harm: a valueOf, called by a timer, that never returns
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    setTimeout(() => {}, { valueOf() { for (;;) {} } });
  },
};
