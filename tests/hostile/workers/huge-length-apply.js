// harm: arguments from something with a length of four thousand million
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    try {
      Math.max.apply(null, { length: 2 ** 32 - 1 });
    } catch (error) {
      return new Response(error.name);
    }
  },
};
