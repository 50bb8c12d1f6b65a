// harm: strings that double and are flattened
// expect: 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (let text = "xyz"; ; text += text + kept.length) kept.push(text.replaceAll("x", "yx"));
  },
};
