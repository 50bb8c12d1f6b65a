// harm: null, thrown
// expect: 500 worker-exception exception
export default {
  fetch() {
    throw null;
  },
};
