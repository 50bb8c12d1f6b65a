// harm: a loop in replace's callback
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    "a".replace(/a/, () => { for (;;) {} });
  },
};
