// harm: a loop in JSON.parse's reviver
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    JSON.parse("[1]", () => { for (;;) {} });
  },
};
