import { eventStream } from "./event-stream";
import page from "./page.html";

const EVERY_MS_MIN = 50;
const RETRY_MS = 2000;

export default {
  fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/") return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
    if (url.pathname !== "/events") return new Response("not found\n", { status: 404 });

    const everyMs = Math.max(Number(url.searchParams.get("every") ?? 1000) || 0, EVERY_MS_MIN);
    // A browser that reconnects says what it saw last.
    let id = Number(request.headers.get("last-event-id") ?? 0) || 0;
    let sent = 0;

    return eventStream(request, (send) => {
      const tick = () => {
        sent += 1;
        id += 1;
        send({ event: "tick", id, data: { now: new Date().toISOString() } });
      };
      send({ retry: RETRY_MS });
      tick();
      const timer = setInterval(tick, everyMs);
      return () => {
        clearInterval(timer);
        console.log(`client left after ${sent} events`);
      };
    });
  },
} satisfies ExportedHandler;
