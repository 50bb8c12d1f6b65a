// harm: parsed texts that are kept
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const text = JSON.stringify(Array.from({ length: 1000 }, (_, n) => ({ n })));
    const kept = [];
    for (;;) kept.push(JSON.parse(text));
  },
};
