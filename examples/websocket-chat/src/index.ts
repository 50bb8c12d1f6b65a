import page from "./page.html";
import { memberNames, type Member, join } from "./rooms";

const TEXT_LENGTH_MAX = 1000;

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/") return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });

    const room = /^\/rooms\/([\w-]{1,40})$/.exec(url.pathname)?.[1];
    if (!room) return new Response("not found\n", { status: 404 });
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return Response.json({ room, members: memberNames(room) });

    const name = url.searchParams.get("name")?.trim().slice(0, 40);
    if (!name) return new Response("say who you are: ?name=…\n", { status: 400 });

    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    chat(server, join(room, name));
    return new Response(null, { status: 101, webSocket: client });
  },
} satisfies ExportedHandler;

function chat(socket: WebSocket, member: Member): void {
  socket.addEventListener("message", (event) => {
    const text = typeof event.data === "string" ? event.data.trim() : "";
    if (text === "" || text.length > TEXT_LENGTH_MAX) {
      socket.send(JSON.stringify({ kind: "refused", text: `say 1 to ${TEXT_LENGTH_MAX} characters` }));
      return;
    }
    member.say(text);
  });
  socket.addEventListener("close", () => member.leave());
  socket.addEventListener("error", () => member.leave());
  void deliver(socket, member);
}

// Why a loop of each member's own, where one loop over all the sockets of a room would be shorter: a socket belongs to
// the request that opened it, and only that request may write to it. Messages cross from one request to another as
// plain data.
async function deliver(socket: WebSocket, member: Member): Promise<void> {
  for await (const message of member.inbox) socket.send(JSON.stringify(message));
  socket.close(1000, "bye");
}
