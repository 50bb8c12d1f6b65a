// harm: an array nested in itself a hundred thousand deep, as text
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    let deep = [];
    for (let n = 0; n < 100_000; n++) deep = [deep];
    try {
      return new Response(String(deep));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
