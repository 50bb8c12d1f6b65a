// harm: a finally block that returns in place of being stopped
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const again = () => {
      try {
        for (;;) {}
      } finally {
        return again();
      }
    };
    return again();
  },
};
