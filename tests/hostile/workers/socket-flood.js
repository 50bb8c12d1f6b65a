// harm: more TCP connections than one event may begin
// expect: 200 - ok
// limits: cpu_ms=2000
// body: Error
import { connect } from "cloudflare:sockets";

export default {
  async fetch() {
    const sockets = [];
    try {
      for (;;) {
        const socket = connect("127.0.0.1:1");
        sockets.push(socket.closed.catch(() => undefined));
      }
    } catch (error) {
      await Promise.all(sockets);
      return new Response(error.name);
    }
  },
};
