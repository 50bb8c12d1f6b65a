// harm: structuredClone of an array of four thousand million holes
// expect: 200 - ok
export default {
  fetch() {
    return new Response(String(structuredClone(new Array(2 ** 32 - 1)).length));
  },
};
