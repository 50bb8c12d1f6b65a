// harm: a getter of `then` that never returns
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    return { get then() { for (;;) {} } };
  },
};
