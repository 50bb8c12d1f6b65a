// harm: a handler that returns nothing
// expect: 500 worker-exception exception
export default {
  fetch() {
    return undefined;
  },
};
