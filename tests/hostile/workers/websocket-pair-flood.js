// harm: pairs of WebSockets without an end
// expect: 500 worker-exception exception
// limits: cpu_ms=2000 websockets=100
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
