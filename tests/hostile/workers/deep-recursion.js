// harm: a function that calls itself without an end
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    const down = (n) => down(n + 1) + 1;
    try {
      down(0);
    } catch (error) {
      return new Response(error.name);
    }
  },
};
