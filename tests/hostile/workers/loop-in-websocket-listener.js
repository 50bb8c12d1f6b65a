// harm: a loop in a WebSocket's message listener
// expect: 101 - exceededCpu
// client: websocket
export default {
  fetch() {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    ours.addEventListener("message", () => { for (;;) {} });
    return new Response(null, { status: 101, webSocket: theirs });
  },
};
