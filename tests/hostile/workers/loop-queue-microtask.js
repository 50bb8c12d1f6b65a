// harm: a storm of queueMicrotask
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const again = () => queueMicrotask(again);
    again();
    return new Promise(() => {});
  },
};
