// harm: a thenable that never resolves
// expect: 500 worker-hung exception
export default {
  fetch() {
    return { then() {} };
  },
};
