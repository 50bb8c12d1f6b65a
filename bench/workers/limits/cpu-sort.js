// A loop around the default sort of 100,000 numbers, which compares them as texts.
export default {
  fetch() {
    const values = Array.from({ length: 100_000 }, (_, n) => (n * 7919) % 100_003);
    for (;;) values.slice().sort();
  },
};
