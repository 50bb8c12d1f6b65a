// harm: a loop that swallows every exception, its own termination included
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    for (;;) {
      try {
        for (;;) {}
      } catch {
        continue;
      }
    }
  },
};
