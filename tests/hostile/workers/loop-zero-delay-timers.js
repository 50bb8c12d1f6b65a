// harm: a chain of timers without a delay
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const again = () => {
      for (let n = 0; n < 3e6; n++);
      setTimeout(again, 0);
    };
    again();
    return new Promise(() => {});
  },
};
