// harm: an interval whose turns are short and never end
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    setInterval(() => { for (let n = 0; n < 1e6; n++); }, 0);
    return new Promise(() => {});
  },
};
