// A loop around the sort of a million floats: a native that never calls back.
export default {
  fetch() {
    const values = Float64Array.from({ length: 1_000_000 }, (_, n) => (n * 7919) % 1_000_003);
    for (;;) values.slice().sort();
  },
};
