// harm: an error whose stack is a rope of a hundred megabytes
// expect: 500 worker-exception exception or 503 exceeded-memory exceededMemory
// limits: cpu_ms=2000
export default {
  fetch() {
    let text = "at x\n".repeat(1 << 18);
    while (text.length < 100 << 20) text += text;
    throw Object.assign(new Error("x"), { stack: text });
  },
};
