// harm: a thrown object whose stack is a getter that never returns
// expect: 503 exceeded-cpu exceededCpu or 500 worker-exception exception
export default {
  fetch() {
    throw { get stack() { for (;;) {} } };
  },
};
