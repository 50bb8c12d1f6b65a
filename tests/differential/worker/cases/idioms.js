// Idioms of frameworks and SDKs: what they lean on, put together as they put it.
import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import { Readable, Writable, PassThrough } from "node:stream";
import { promisify } from "node:util";
import zlib from "node:zlib";

import { outcome, outcomes } from "../outcome.js";

const text = (bytes) => new TextDecoder().decode(bytes);
const hex = (bytes) => Buffer.from(bytes).toString("hex");

export default {
  "server-sent events": async () => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    (async () => {
      for (const n of [1, 2, 3]) await writer.write(encoder.encode(`event: tick\ndata: ${JSON.stringify({ n })}\n\n`));
      await writer.close();
    })();
    return new Response(readable, { headers: { "content-type": "text/event-stream" } }).text();
  },
  "lines of NDJSON": async () => {
    const body = new Blob(['{"a":1}\n{"a":', "2}\n\n{", '"a":3}']).stream();
    const rows = [];
    let rest = "";
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      rest += chunk;
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) rows.push(JSON.parse(line));
    }
    return [...rows, JSON.parse(rest)];
  },
  "a body that is cloned and hashed": async () => {
    const request = new Request("http://a.test/", { method: "POST", body: "payload" });
    const digest = await crypto.subtle.digest("SHA-256", await request.clone().arrayBuffer());
    return [hex(digest), await request.text(), request.bodyUsed];
  },
  "an HMAC of a webhook": async () => {
    const key = await crypto.subtle.importKey("raw", new TextEncoder().encode("secret"), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
    const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode("t=1.body"));
    const known = Uint8Array.from(atob(btoa(String.fromCharCode(...new Uint8Array(signature)))), (c) => c.charCodeAt(0));
    return [hex(signature), await crypto.subtle.verify("HMAC", key, known, new TextEncoder().encode("t=1.body")), await crypto.subtle.verify("HMAC", key, known, new TextEncoder().encode("t=2.body"))];
  },
  "a token": async () => {
    const encode = (value) => btoa(JSON.stringify(value)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    const head = `${encode({ alg: "HS256" })}.${encode({ sub: "1" })}`;
    const key = await crypto.subtle.importKey("jwk", { kty: "oct", k: "c2VjcmV0", alg: "HS256" }, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return `${head}.${Buffer.from(await crypto.subtle.sign("HMAC", key, Buffer.from(head))).toString("base64url")}`;
  },
  "cookies": () => {
    const headers = new Headers();
    headers.append("set-cookie", "a=1; Path=/; HttpOnly");
    headers.append("set-cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
    const copy = new Headers(headers);
    copy.delete("set-cookie");
    return [headers.getSetCookie(), [...headers], headers.get("set-cookie"), copy.getSetCookie(), new Response(null, { headers }).headers.getSetCookie()];
  },
  "a router of patterns": () => {
    const routes = ["/", "/users/:id", "/files/*", "/:lang(en|de)/about", "/opt{/:part}?"].map((pathname) => new URLPattern({ pathname }));
    return ["/", "/users/7", "/files/a/b", "/de/about", "/fr/about", "/opt", "/opt/x"].map((path) => routes.map((route) => route.exec(`http://a.test${path}`)?.pathname.groups ?? null));
  },
  "a proxy rewrites": async ({ env }) => {
    const url = new URL("/echo/x?y=1", env.UPSTREAM);
    const request = new Request("https://front.test/echo/x?y=1", { method: "POST", body: "b", headers: { "x-a": "1", cookie: "c=1" } });
    const answer = await (await fetch(new Request(url, request))).json();
    return [answer.method, answer.path, answer.body, answer.headers.filter(([name]) => /^(x-a|cookie|content-(length|type))$/i.test(name)).map(([name, value]) => [name.toLowerCase(), value]).sort()];
  },
  "headers as objects": () => {
    const headers = new Headers({ b: "1", a: "2" });
    headers.append("a", "3");
    return [Object.fromEntries(headers), Object.fromEntries(headers.entries()), [...headers.keys()], [...headers.values()], JSON.stringify(headers), String(headers)];
  },
  "a form with a file": async () => {
    const form = new FormData();
    form.set("name", "ü");
    form.append("file", new File(["content"], "a.txt", { type: "text/plain", lastModified: 5 }));
    const parsed = await new Response(form).formData();
    const file = parsed.get("file");
    return [parsed.get("name"), file.name, file.type, await file.text(), file.size, [...parsed.keys()]];
  },
  "retries with a signal": async ({ env }) => {
    const seen = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const signal = AbortSignal.any([AbortSignal.timeout(50), new AbortController().signal]);
      try {
        seen.push((await fetch(`${env.UPSTREAM}/${attempt === 2 ? "text" : "never"}`, { signal })).status);
      } catch (error) {
        seen.push([error.name, signal.aborted, signal.reason === error, signal.reason instanceof DOMException]);
      }
    }
    return seen;
  },
  "streams of Node from the Web": async () => {
    const readable = Readable.fromWeb(new Blob(["abc", "def"]).stream());
    const chunks = [];
    for await (const chunk of readable) chunks.push(Buffer.isBuffer(chunk), chunk.toString());
    const written = [];
    const writable = Writable.toWeb(new Writable({ write(chunk, _, done) { written.push(String(chunk)); done(); } }));
    await new Blob(["ghi"]).stream().pipeTo(writable);
    return [chunks, written];
  },
  "a stream that is piped": async () => {
    const through = new PassThrough();
    Readable.from(["a", "b"]).pipe(through);
    return new Response(Readable.toWeb(through)).text();
  },
  "packed and unpacked": async () => {
    const packed = await promisify(zlib.gzip)("hello ".repeat(50));
    const unpacked = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    const raw = zlib.inflateRawSync(Buffer.from(await new Response(new Blob(["raw"]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer())).toString();
    return [unpacked.length, raw, zlib.brotliDecompressSync(zlib.brotliCompressSync("b")).toString(), zlib.crc32("hello")];
  },
  "a context that follows": async () => {
    const storage = new AsyncLocalStorage();
    const emitter = new EventEmitter();
    const seen = [];
    emitter.on("a", () => seen.push(storage.getStore()));
    await storage.run(1, async () => {
      await Promise.all([1, 2].map((n) => storage.run(n, async () => { await scheduler.wait(1); seen.push(storage.getStore()); })));
      emitter.emit("a");
      queueMicrotask(() => seen.push(["microtask", storage.getStore()]));
      await new Promise((resolve) => setTimeout(resolve, 1));
      for await (const _ of new ReadableStream({ pull(controller) { seen.push(["pull", storage.getStore()]); controller.close(); } })) seen.push(0);
    });
    return [seen, storage.getStore()];
  },
  "classes that extend the platform's": () => {
    class Api extends Response { get isApi() { return true; } }
    class Failure extends Error { constructor(message, options) { super(message, options); this.name = "Failure"; } }
    class Bus extends EventTarget { fire() { return this.dispatchEvent(new CustomEvent("x", { detail: 5, cancelable: true })); } }
    const bus = new Bus();
    bus.addEventListener("x", (event) => event.preventDefault(), { once: true });
    const failure = new Failure("m", { cause: new TypeError("c") });
    return [new Api("x").isApi, new Api("x") instanceof Response, Api.json({}) instanceof Api, bus.fire(), bus.fire(), String(failure), failure.cause.message, Object.prototype.toString.call(bus)];
  },
  "errors that are sent": () => {
    const error = new RangeError("m", { cause: 1 });
    const copy = structuredClone(error);
    return [JSON.stringify(error), copy instanceof RangeError, copy.message, copy.cause, Object.keys(error), new AggregateError([new Error("a")], "all").errors.length, structuredClone(new DOMException("d", "AbortError")).name, Error.captureStackTrace.length];
  },
  "data about a request": ({ request }) => [typeof request.cf, request.headers.has("host"), new URL(request.url).protocol, request.signal instanceof AbortSignal, request.keepalive, request.redirect, request.fetcher === undefined, request.method],
  "responses of all kinds": () => outcomes(() => Response.redirect("http://a.test/x", 307).headers.get("location"), () => Response.redirect("/x"), () => Response.json({ a: 1 }, { status: 201, headers: { "content-type": "application/problem+json" } }).headers.get("content-type"), () => new Response(null, { status: 204 }).body, () => new Response("x", { status: 204 }), () => new Response("", { statusText: "é" }), () => new Response(new URLSearchParams({ a: "b c" })).headers.get("content-type"), () => new Response("x", { status: 99 }), () => new Response("x", { headers: [["a", "b", "c"]] })),
  "Intl and dates": () => [new Date(0).toLocaleDateString("de-DE", { timeZone: "UTC", dateStyle: "long" }), new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(1234.5), new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-1, "day"), new Intl.PluralRules("ar").select(3), [..."äzaö"].sort(new Intl.Collator("sv").compare).join(""), new Intl.ListFormat("de").format(["a", "b", "c"]), new Intl.DateTimeFormat().resolvedOptions().timeZone, "İ".toLocaleLowerCase("tr").length, [...new Intl.Segmenter("en", { granularity: "word" }).segment("a b.")].length],
  "newer JavaScript": () => outcomes(() => Object.groupBy([1, 2, 3], (n) => (n % 2 ? "odd" : "even")), () => [3, 1, 2].toSorted(), () => [1, 2].with(0, 9), () => new Set([1, 2]).union(new Set([3])).size, () => Array.fromAsync([1, Promise.resolve(2)]), () => Promise.try(() => 5), () => [1, 2, 3].values().map((n) => n * 2).toArray(), () => "a\ud800".isWellFormed(), () => new Uint8Array([255]).toHex(), () => Uint8Array.fromBase64("AQI=").length, () => Math.sumPrecise([0.1, 0.2]), () => Error.isError(new TypeError()), () => RegExp.escape("a.b"), () => Iterator.concat([1], [2]).toArray(), () => new Map().getOrInsert("a", 1), () => typeof Float16Array, () => typeof Temporal, () => JSON.rawJSON("1").rawJSON, () => Atomics.pause?.length, () => typeof DisposableStack),
  "resources that are disposed of": async () => {
    const log = [];
    {
      using a = { [Symbol.dispose]: () => log.push("a") };
      await using b = { [Symbol.asyncDispose]: async () => log.push("b") };
      const stack = new DisposableStack();
      stack.defer(() => log.push("c"));
      stack.use(a);
      stack.dispose();
      log.push(typeof b);
    }
    return log;
  },
  "globals that libraries look for": () => [typeof window, typeof self, typeof document, typeof importScripts, typeof XMLHttpRequest, typeof localStorage, typeof process, typeof navigator, navigator.userAgent, typeof EdgeRuntime, typeof Deno, typeof Bun, typeof WebSocketPair, typeof caches, typeof WorkerGlobalScope, typeof ServiceWorkerGlobalScope, self === globalThis, Object.prototype.toString.call(globalThis), typeof globalThis.constructor, process.versions?.node?.split(".")[0], process.release?.name, typeof require, typeof setImmediate, typeof MessageChannel, typeof BroadcastChannel, typeof FinalizationRegistry, typeof WeakRef, typeof SharedArrayBuffer, typeof Worker, typeof requestIdleCallback, typeof structuredClone, typeof gc],
  "timers that are cleared": async () => {
    const log = [];
    const one = setTimeout(() => log.push("never"), 1);
    clearTimeout(one);
    let n = 0;
    await new Promise((resolve) => { const each = setInterval(() => { log.push(++n); if (n === 3) { clearInterval(each); resolve(); } }, 1); });
    setTimeout((a, b) => log.push([a, b]), 0, 1, 2);
    await scheduler.wait(5);
    clearTimeout(undefined);
    clearTimeout("x");
    return [log, await outcome(() => setTimeout("code", 0)), await outcome(() => setTimeout())];
  },
  "unusual URLs": () => ["http://a.test:80/", "HTTP://A.TEST/%7Efoo/../bar", "http://a.test/?q=ü&r=%FF#ß", "http://user:p%40ss@a.test/", "http://[::1]:3000/", "http://0x7f.1/", "data:text/plain,hi", "blob:http://a.test/x", "http://xn--bcher-kva.test/", "http://bücher.test/", "//x.test", "http://a.test\\b"].map((url) => { try { return new URL(url, "https://base.test/dir/").href; } catch (error) { return error.name; } }).concat([URL.canParse("x"), URL.parse?.("x") ?? "null"]),
  "search parameters": () => {
    const params = new URLSearchParams("b=2&a=1&b=3&c=%20+");
    params.sort();
    params.delete("b", "2");
    params.append("ü", "ß&=");
    const url = new URL("http://a.test/?x=1");
    url.searchParams.set("y", "a b");
    return [params.toString(), params.has("b", "3"), params.size, [...params], url.href, new URLSearchParams([["a", "1"]]).get("a"), new URLSearchParams({ a: [1, 2] }).toString()];
  },
  "readers with a buffer of one's own": async () => {
    const reader = new Response("hello world").body.getReader({ mode: "byob" });
    const seen = [];
    for (let buffer = new ArrayBuffer(4);;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) break;
      seen.push(text(value));
      buffer = value.buffer;
    }
    return seen;
  },
  "branches of a tee": async () => {
    const [a, b] = new Response("tee").body.tee();
    return [await new Response(a).text(), await new Response(b).text()];
  },
  "a promise nobody waits for": async ({ ctx }) => {
    const log = [];
    ctx.waitUntil(Promise.resolve().then(() => log.push("done")));
    await scheduler.wait(1);
    return [log, await outcome(() => ctx.waitUntil()), await outcome(() => ctx.waitUntil(5)), await outcome(() => { const { waitUntil } = ctx; waitUntil(Promise.resolve()); })];
  },
};
