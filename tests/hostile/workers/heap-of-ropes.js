// harm: strings that are joined and never flattened
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (let text = "x"; ; text = kept.length + text) kept.push(text);
  },
};
