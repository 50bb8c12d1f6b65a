// A loop around structuredClone of 20,000 objects.
export default {
  fetch() {
    const value = Array.from({ length: 20_000 }, (_, n) => ({ id: n, name: `name ${n}` }));
    for (;;) structuredClone(value);
  },
};
