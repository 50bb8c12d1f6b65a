// harm: pairs of WebSockets without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (;;) {
      kept.push(new WebSocketPair());
      kept.at(-1)[0].accept();
      kept.at(-1)[1].accept();
    }
  },
};
