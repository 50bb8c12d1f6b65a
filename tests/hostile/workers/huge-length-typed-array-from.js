// harm: a typed array from something with a length of 2 to the 53rd
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    try {
      Uint8Array.from({ length: 2 ** 53 - 1 });
    } catch (error) {
      return new Response(error.name);
    }
  },
};
