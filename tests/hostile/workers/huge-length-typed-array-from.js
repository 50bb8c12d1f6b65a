// harm: a typed array from something with a length of 2 to the 53rd
// expect: 200 - ok or 503 exceeded-cpu exceededCpu or 500 worker-exception exception
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
