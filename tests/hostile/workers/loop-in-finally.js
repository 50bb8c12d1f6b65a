// harm: a loop in a finally block around another loop
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    for (;;) {
      try {
        for (;;) {}
      } finally {
        for (;;) {}
      }
    }
  },
};
