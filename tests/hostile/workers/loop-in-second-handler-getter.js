// harm: a getter that gives the handler at first and loops later
// expect: 503 exceeded-cpu exceededCpu
let asked = 0;
export default {
  get fetch() {
    if (asked++ > 2) for (;;) {}
    return () => this.fetch;
  },
};
