// harm: join over an array of four thousand million holes
// expect: 500 worker-exception exception
export default {
  fetch() {
    new Array(2 ** 32 - 1).join("");
  },
};
