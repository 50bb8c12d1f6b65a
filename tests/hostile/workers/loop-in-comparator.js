// harm: a loop in sort's comparator
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    [2, 1].sort(() => { for (;;) {} });
  },
};
