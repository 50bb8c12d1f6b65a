// A loop around JSON.parse of a megabyte: nearly all of the time in natives.
export default {
  fetch() {
    const text = JSON.stringify(Array.from({ length: 25_000 }, (_, n) => ({ id: n, name: `name ${n}` })));
    for (;;) JSON.parse(text);
  },
};
