// harm: a string longer than strings may be
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    try {
      return new Response(String("x".repeat(2 ** 29 - 25).repeat(4).length));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
