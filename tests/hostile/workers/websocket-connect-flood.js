// harm: WebSockets to an upstream that never answers
// expect: 500 worker-exception exception
// limits: subrequests=20 wall_ms=500
export default {
  async fetch(request, env) {
    const kept = [];
    for (;;) {
      kept.push(new WebSocket(env.UPSTREAM.replace("http", "ws") + "/never"));
      await null;
    }
  },
};
