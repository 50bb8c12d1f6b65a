// harm: compressed messages of a thousand times their size, each of them kept
// expect: 101 - exceededMemory or 101 - canceled or 101 - exceededCpu or 101 - ok
// client: websocket-bombs
// limits: cpu_ms=5000
const kept = [];

export default {
  fetch() {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    ours.binaryType = "arraybuffer";
    ours.addEventListener("message", ({ data }) => kept.push(data));
    return new Response(null, { status: 101, webSocket: theirs });
  },
};
