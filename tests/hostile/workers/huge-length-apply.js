// harm: arguments from something with a length of four thousand million
// expect: 200 - ok or 503 exceeded-cpu exceededCpu or 500 worker-exception exception
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
