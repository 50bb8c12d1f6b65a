// harm: one buffer larger than the machine
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    try {
      new ArrayBuffer(2 ** 45);
    } catch (error) {
      return new Response(error.name);
    }
  },
};
