// harm: an `exec`, called by replaceAll, that always finds one more
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const pattern = /x/g;
    pattern.exec = () => ({ index: 0, length: 1, 0: "" });
    "x".replace(pattern, "y");
  },
};
