// harm: messages to a client that does not read
// expect: 101 - exception or 101 - canceled or 101 - exceededCpu or 101 - exceededMemory or 101 - ok
// client: websocket
// limits: cpu_ms=2000
export default {
  fetch() {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    ours.addEventListener("message", () => { for (;;) ours.send("x".repeat(1 << 16)); });
    return new Response(null, { status: 101, webSocket: theirs });
  },
};
