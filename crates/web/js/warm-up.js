// What the first event of most workers does, done once while the snapshot is made: V8 keeps the code that was compiled for
// it, and nobody's first event pays for compiling that again. No state stays behind: the natives are not connected to
// anything yet, and a worker that is loaded replaces this one.
import { dispatchFetch, setWorker } from "./worker.js";

const EVENT = 1;

const worker = {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    url.searchParams.get("name");
    const copy = new Request("http://localhost/", { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    const data = await copy.json();
    copy.headers.get("content-type");
    new TextDecoder().decode(new TextEncoder().encode(url.pathname));
    const response = Response.json({ data, path: url.pathname }, { status: 201, headers: { "x-a": "b" } });
    response.headers.set("x-c", "d");
    await response.clone().text();
    ctx.waitUntil(Promise.resolve());
    return response;
  },
};

export function serveFirstEvents() {
  setWorker({ default: { fetch: () => new Response("hello", { headers: { "content-type": "text/plain" } }) } }, {}, { format: "modules" });
  dispatchFetch(EVENT, "GET", "http://localhost/", 0);
  setWorker({ default: worker }, {}, { format: "modules" });
  dispatchFetch(EVENT, "GET", "http://localhost/?name=value", 0);
}
