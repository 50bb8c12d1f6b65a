// harm: microtasks that each make two
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=5000
export default {
  fetch() {
    const twice = () => {
      Promise.resolve().then(twice);
      Promise.resolve().then(twice);
    };
    twice();
    return new Promise(() => {});
  },
};
