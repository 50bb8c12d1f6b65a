// harm: messages to a half of a pair that nobody listens to
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=2000
export default {
  fetch() {
    const pair = new WebSocketPair();
    pair[0].accept();
    for (;;) pair[0].send("x".repeat(10_000));
  },
};
