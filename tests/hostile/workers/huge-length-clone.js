// harm: structuredClone of an array of four thousand million holes
// expect: 200 - ok or 503 exceeded-cpu exceededCpu or 500 worker-exception exception
export default {
  fetch() {
    return new Response(String(structuredClone(new Array(2 ** 32 - 1)).length));
  },
};
