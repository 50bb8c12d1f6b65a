// harm: an array in place of a Response
// expect: 500 worker-exception exception
export default {
  fetch() {
    return [1, 2, 3];
  },
};
