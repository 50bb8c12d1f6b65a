// A loop around spreading a million elements: copies memory, and makes garbage as fast.
export default {
  fetch() {
    const values = Array.from({ length: 1_000_000 }, (_, n) => n);
    for (;;) [...values];
  },
};
