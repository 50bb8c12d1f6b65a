// harm: constructors that call themselves without an end
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    class Deep {
      inner = new Deep();
    }
    try {
      new Deep();
    } catch (error) {
      return new Response(error.name);
    }
  },
};
