// harm: an event that waits for what can never happen
// expect: 500 worker-hung exception
export default {
  fetch() {
    return new Promise(() => {});
  },
};
