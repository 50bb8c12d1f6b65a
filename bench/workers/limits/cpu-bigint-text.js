// A loop around writing a number of 200,000 bits as decimal text.
export default {
  fetch() {
    const large = (1n << 200_000n) - 12_345n;
    for (;;) large.toString();
  },
};
