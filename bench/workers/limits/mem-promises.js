// Keeps ever more promises that never settle.
export default {
  fetch() {
    const kept = [];
    for (;;) kept.push(new Promise(() => {}));
  },
};
