// harm: undefined, thrown from a promise
// expect: 500 worker-exception exception
export default {
  fetch() {
    return Promise.reject();
  },
};
