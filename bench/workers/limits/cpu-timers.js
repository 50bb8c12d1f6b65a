// A chain of timers: each turn is short, the sum is not.
export default {
  async fetch() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      for (let n = 0; n < 2e6; n++);
    }
  },
};
