// Fills a Map: one table that doubles.
export default {
  fetch() {
    const kept = new Map();
    for (let n = 0; ; n++) kept.set(n % 15_000_000, n);
  },
};
