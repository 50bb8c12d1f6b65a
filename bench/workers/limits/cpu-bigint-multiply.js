// A loop around the multiplication of two numbers of a million bits.
export default {
  fetch() {
    const large = (1n << 1_000_000n) - 12_345n;
    for (;;) large * large;
  },
};
