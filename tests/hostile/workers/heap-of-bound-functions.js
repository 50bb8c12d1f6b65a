// harm: bound functions without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    let bound = () => {};
    for (;;) bound = bound.bind(null, {});
  },
};
