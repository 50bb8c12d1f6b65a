// harm: code made of a text, in place
// expect: 200 - ok
// body: EvalError
export default {
  fetch() {
    try {
      (0, globalThis.eval)("1 + 1");
      return new Response("allowed");
    } catch (error) {
      return new Response(error.name);
    }
  },
};
