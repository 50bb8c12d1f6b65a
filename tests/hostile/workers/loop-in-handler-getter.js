// harm: a loop in the getter that gives the handler
// expect: 500 worker-does-not-load exception
export default {
  get fetch() {
    for (;;) {}
  },
};
