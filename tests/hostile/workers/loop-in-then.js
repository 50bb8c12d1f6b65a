// harm: a thenable, awaited by the platform, that never returns
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    return { then() { for (;;) {} } };
  },
};
