// A loop in `finally`: goes on when the loop before it is stopped, if stopping can be caught.
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
