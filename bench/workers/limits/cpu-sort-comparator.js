// A loop around a sort of 100,000 numbers with a comparator: a native that calls back.
export default {
  fetch() {
    const values = Array.from({ length: 100_000 }, (_, n) => (n * 7919) % 100_003);
    for (;;) values.slice().sort((a, b) => a - b);
  },
};
