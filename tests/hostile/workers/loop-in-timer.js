// harm: a loop in a timer's callback
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    setTimeout(() => { for (;;) {} }, 5);
    return new Promise(() => {});
  },
};
