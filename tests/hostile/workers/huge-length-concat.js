// harm: concat of something spreadable with a length of 2 to the 53rd
// expect: 500 worker-exception exception or 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    [].concat({ length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true });
  },
};
