// harm: a Response whose every property lies
// expect: 200 - ok
// body: true body
export default {
  fetch() {
    class Liar extends Response {
      get status() { return 99_999; }
      get headers() { throw new Error("headers"); }
      get body() { return null; }
    }
    return new Liar("true body");
  },
};
