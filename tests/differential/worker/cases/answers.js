// Cases whose answers are compared as a client gets them: status, headers, body.
import { utf8 } from "../outcome.js";

const post = (body, headers, run) => Object.assign(run, { method: "POST", headers, body });
const asked = (method, run) => Object.assign(run, { method });

export default {
  "text": () => new Response("hello"),
  "empty": () => new Response(),
  "empty text": () => new Response(""),
  "bytes": () => new Response(utf8("ab")),
  "blob": () => new Response(new Blob(["x"], { type: "text/css" })),
  "json": () => Response.json({ a: 1 }),
  "params": () => new Response(new URLSearchParams("a=b")),
  "status and text": () => new Response("gone", { status: 410, statusText: "Gone fishing" }),
  "headers": () => new Response(null, { headers: [["X-A", "1"], ["x-a", "2"], ["x-b", "é"]] }),
  "cookies": () => new Response(null, { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] }),
  "204": () => new Response(null, { status: 204 }),
  "304": () => new Response(null, { status: 304, headers: { etag: '"x"' } }),
  "205": () => new Response(null, { status: 205 }),
  "redirect": () => Response.redirect("http://a.test/b", 307),
  "stream": () => new Response(ReadableStream.from([utf8("a"), utf8("b")])),
  "stream with a length": () => {
    const { readable, writable } = new FixedLengthStream(2);
    const writer = writable.getWriter();
    writer.write(utf8("ab"));
    writer.close();
    return new Response(readable);
  },
  "own content-length": () => new Response("abc", { headers: { "content-length": "3" } }),
  "own wrong content-length": () => new Response(ReadableStream.from([utf8("abc")]), { headers: { "content-length": "3" } }),
  "own transfer-encoding": () => new Response("abc", { headers: { "transfer-encoding": "chunked" } }),
  "own connection header": () => new Response("abc", { headers: { connection: "x-keep", "keep-alive": "timeout=5" } }),
  "own date and server": () => new Response("abc", { headers: { date: "yesterday", server: "mine" } }),
  "HEAD": asked("HEAD", () => new Response("hello")),
  "OPTIONS": asked("OPTIONS", ({ request }) => new Response(request.method)),
  "DELETE": asked("DELETE", ({ request }) => new Response(request.method)),
  "PATCH": asked("PATCH", ({ request }) => new Response(request.method)),
  "request's headers": Object.assign(({ request }) => Response.json([...request.headers].filter(([name]) => name.startsWith("x-"))), {
    headers: { "X-One": "1", "x-two": " spaced " },
  }),
  "echo": post("posted", { "content-type": "text/x-own" }, ({ request }) => new Response(request.body, { headers: { "x-type": request.headers.get("content-type") } })),
  "request left unread": post("posted", {}, () => new Response("did not look")),
  "proxied": ({ env }) => fetch(`${env.UPSTREAM}/headers`),
  "proxied, rewritten": async ({ env }) => {
    const upstream = await fetch(`${env.UPSTREAM}/text`);
    const response = new Response(upstream.body, upstream);
    response.headers.set("x-by", "worker");
    return response;
  },
  "proxied gzip": ({ env }) => fetch(`${env.UPSTREAM}/gzip`),
  "own content-encoding": () => new Response(utf8("not packed"), { encodeBody: "manual", headers: { "content-encoding": "br" } }),
  "throws": () => {
    throw new RangeError("mine");
  },
  "rejects": () => Promise.reject(new Error("mine")),
  "returns nothing": () => undefined,
  "returns text": () => "text",
  "returns a used response": async () => {
    const response = new Response("x");
    await response.text();
    return response;
  },
  "returns an error response": () => Response.error(),
  "stream that fails at once": () => new Response(new ReadableStream({ start(controller) { controller.error(new RangeError("mine")); } })),
  "stream of text": () => new Response(ReadableStream.from(["text"])),
  "never answers": () => new Promise(() => {}),
  "waitUntil": ({ ctx }) => {
    ctx.waitUntil(scheduler.wait(1));
    return new Response("at once");
  },
  "waitUntil that rejects": ({ ctx }) => {
    ctx.waitUntil(Promise.reject(new Error("mine")));
    return new Response("still");
  },
  "passThroughOnException": ({ ctx }) => {
    ctx.passThroughOnException();
    return new Response("fine");
  },
  // The suite asks for it as a client of WebSockets, too; `?own=` is a header of the worker's own.
  "web socket": ({ request }) => {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    ours.addEventListener("message", ({ data }) => ours.send(data));
    const own = new URL(request.url).searchParams.get("own");
    return new Response(null, { status: 101, webSocket: theirs, headers: own === null ? {} : { "sec-websocket-extensions": own } });
  },
  "context's members": ({ ctx }) => Response.json([typeof ctx.waitUntil, typeof ctx.passThroughOnException, Object.prototype.toString.call(ctx), typeof ctx.props, typeof ctx.exports]),
};
