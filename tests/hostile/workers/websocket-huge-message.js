// harm: a message longer than any may be
// expect: 101 - exception or 101 - canceled or 101 - ok or 101 - exceededMemory
// client: websocket
// limits: cpu_ms=2000 memory_mib=128
export default {
  fetch() {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    ours.addEventListener("message", () => ours.send("x".repeat(33 << 20)));
    return new Response(null, { status: 101, webSocket: theirs });
  },
};
