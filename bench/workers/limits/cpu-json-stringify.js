// A loop around JSON.stringify into a megabyte: nearly all of the time in natives.
export default {
  fetch() {
    const value = Array.from({ length: 25_000 }, (_, n) => ({ id: n, name: `name ${n}` }));
    for (;;) JSON.stringify(value);
  },
};
