// harm: compressed messages of a thousand times their size, each of them sent back ten times, to be compressed again
// expect: 101 - exceededMemory or 101 - canceled or 101 - exceededCpu or 101 - exception or 101 - ok
// client: websocket-bombs
// limits: cpu_ms=2000
export default {
  fetch() {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    ours.binaryType = "arraybuffer";
    ours.addEventListener("message", ({ data }) => {
      for (let i = 0; i < 10; i++) ours.send(data);
    });
    return new Response(null, { status: 101, webSocket: theirs });
  },
};
