// harm: includes over an array of four thousand million holes
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    for (;;) new Array(2 ** 32 - 1).includes(1);
  },
};
