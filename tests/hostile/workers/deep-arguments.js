// harm: a call with a million arguments
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    try {
      String.fromCharCode(...new Array(1_000_000).fill(65));
    } catch (error) {
      return new Response(error.name);
    }
    return new Response("no RangeError");
  },
};
