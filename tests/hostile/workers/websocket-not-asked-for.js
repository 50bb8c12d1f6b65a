// harm: a WebSocket for a client that asked for none
// expect: 500 worker-exception exception
export default {
  fetch() {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    return new Response(null, { status: 101, webSocket: theirs });
  },
};
