// An empty loop: never gives the thread back.
export default {
  fetch() {
    for (;;) {}
  },
};
