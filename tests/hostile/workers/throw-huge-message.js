// harm: an error whose message is a hundred megabytes long
// expect: 500 worker-exception exception or 503 exceeded-memory exceededMemory
// limits: cpu_ms=2000
// grows: 320
export default {
  fetch() {
    let text = "x".repeat(1 << 20);
    while (text.length < 100 << 20) text += text;
    throw new Error(text);
  },
};
