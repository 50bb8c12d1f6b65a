// harm: join over an array of four thousand million holes
// expect: 500 worker-exception exception or 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    new Array(2 ** 32 - 1).join("");
  },
};
