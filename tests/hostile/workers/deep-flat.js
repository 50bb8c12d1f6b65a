// harm: an array nested a hundred thousand deep, flattened
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    let deep = [];
    for (let n = 0; n < 100_000; n++) deep = [deep];
    try {
      return new Response(String(deep.flat(Infinity).length));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
