// A loop around joining 200,000 numbers into a text.
export default {
  fetch() {
    const values = Array.from({ length: 200_000 }, (_, n) => n);
    for (;;) values.join();
  },
};
