// harm: promises that resolve promises without an end
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const again = () => Promise.resolve().then(again);
    again();
    return new Promise(() => {});
  },
};
