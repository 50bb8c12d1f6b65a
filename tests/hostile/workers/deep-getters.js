// harm: getters that read themselves
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    const object = {
      get a() {
        return this.a;
      },
    };
    try {
      return new Response(object.a);
    } catch (error) {
      return new Response(error.name);
    }
  },
};
