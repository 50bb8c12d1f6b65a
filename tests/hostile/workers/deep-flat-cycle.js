// harm: an array that contains itself, flattened
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    const cycle = [];
    cycle.push(cycle);
    try {
      cycle.flat(Infinity);
    } catch (error) {
      return new Response(error.name);
    }
  },
};
