// harm: a WebSocket whose client leaves without a word
// expect: 101 - ok
// client: websocket
export default {
  fetch() {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    setInterval(() => ours.send("x"), 10);
    return new Response(null, { status: 101, webSocket: theirs });
  },
};
