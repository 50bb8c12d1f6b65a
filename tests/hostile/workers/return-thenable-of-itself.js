// harm: a thenable that resolves with itself for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const thenable = { then: (resolve) => resolve(thenable) };
    return thenable;
  },
};
