// Keeps ever more functions, each with a scope of its own.
export default {
  fetch() {
    let kept = () => 0;
    for (let n = 0; ; n++) {
      const before = kept;
      kept = () => (n % 2 ? before : n);
    }
  },
};
