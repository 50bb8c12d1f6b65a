// harm: reads, writes and handshakes on a connection that never came about
// expect: 200 - ok
// limits: cpu_ms=2000
// body: TypeError TypeError TypeError
import { connect } from "cloudflare:sockets";

export default {
  async fetch() {
    const socket = connect("127.0.0.1:1", { secureTransport: "starttls" });
    const name = (promise) => promise.then(() => "done", (error) => error.name);
    const secure = socket.startTls();
    const names = await Promise.all([
      name(socket.writable.getWriter().write(new Uint8Array(1 << 20))),
      name(secure.readable.getReader().read()),
      name(secure.opened),
    ]);
    await name(secure.close());
    return new Response(names.join(" "));
  },
};
