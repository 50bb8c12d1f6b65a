// What the documentation of Workers shows as examples, in small: each as a whole handler would do it.
import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { inspect, promisify } from "node:util";
import { WorkerEntrypoint, env as importedEnv, waitUntil } from "cloudflare:workers";
import { outcome, outcomes } from "../outcome.js";

const text = new TextEncoder();
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const shown = async (response) => ({ status: response.status, headers: [...response.headers].filter(([name]) => name !== "date"), body: await response.text() });
const sent = async (env, init) => (await (await fetch(`${env.UPSTREAM}/echo`, init)).json()).headers.filter(([name]) => ["cache-control", "pragma"].includes(name));

export default {
  "cache modes are headers": async ({ env }) => [await sent(env, { cache: "no-store" }), await sent(env, { cache: "no-store", headers: { "cache-control": "max-age=3" } }), await sent(env, { headers: { pragma: "x" } })],
  "a cache mode that asks again": ({ env }) => sent(env, { cache: "no-cache" }),
  "basic authorization": async () => {
    const check = (header) => {
      const [scheme, encoded] = (header ?? "").split(" ");
      if (!encoded || scheme !== "Basic") return new Response("Malformed authorization header.", { status: 400 });
      const credentials = Buffer.from(encoded, "base64").toString();
      const at = credentials.indexOf(":");
      const [one, two] = [text.encode(credentials.slice(at + 1)), text.encode("hunter2")];
      if (one.byteLength !== two.byteLength || !crypto.subtle.timingSafeEqual(one, two)) return new Response("You need to login.", { status: 401, headers: { "WWW-Authenticate": 'Basic realm="my scope", charset="UTF-8"' } });
      return new Response(`hello ${credentials.slice(0, at)}`, { headers: { "Cache-Control": "no-store" } });
    };
    return Promise.all([undefined, `Basic ${btoa("me:hunter2")}`, `Basic ${btoa("me:other")}`, `Basic ${btoa("me:hunter3")}`].map((header) => shown(check(header))));
  },
  "security headers": async () => {
    const response = new Response("<p>", { headers: { "content-type": "text/html", "x-powered-by": "x", server: "y" } });
    const headers = new Headers(response.headers);
    for (const [name, value] of Object.entries({ "Strict-Transport-Security": "max-age=1000", "X-Frame-Options": "DENY", "Permissions-Policy": "interest-cohort=()" })) headers.set(name, value);
    for (const name of ["X-Powered-By", "Server", "Not-There"]) headers.delete(name);
    return shown(new Response(response.body, { status: response.status, statusText: response.statusText, headers }));
  },
  "requests that are changed": () => {
    const one = new Request("https://example.com/a?b=1", { method: "POST", body: '{"bar":"foo"}', headers: { "content-type": "application/json" }, cf: { apps: false } });
    const two = new Request(one.clone(), { method: "PUT", redirect: "manual", headers: { "x-own": "1" } });
    const three = new Request("https://other.test/c", two);
    return [one, two, three].map(({ method, url, redirect, headers, cf, bodyUsed }) => ({ method, url, redirect, headers: [...headers], cf, bodyUsed }));
  },
  "a signed URL": async () => {
    const key = await crypto.subtle.importKey("raw", text.encode("my secret symmetric key"), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
    const url = new URL("https://example.com/generate/movie.mp4?expires=1700000000");
    const mac = await crypto.subtle.sign("HMAC", key, text.encode(url.pathname + url.searchParams.get("expires")));
    url.searchParams.set("mac", Buffer.from(mac).toString("base64"));
    const back = Buffer.from(url.searchParams.get("mac"), "base64");
    return [url.href, await crypto.subtle.verify("HMAC", key, back, text.encode("/generate/movie.mp41700000000")), createHmac("sha256", "my secret symmetric key").update("/generate/movie.mp41700000000").digest().equals(back), timingSafeEqual(back, Buffer.from(mac))];
  },
  "requests that are put together": async ({ env }) => {
    const answers = await Promise.allSettled([fetch(`${env.UPSTREAM}/echo`), fetch(`${env.UPSTREAM}/text`), fetch("https://"), Promise.reject(new RangeError("mine"))]);
    return answers.map(({ status, value, reason }) => [status, value?.status, reason?.name]);
  },
  "links are rewritten": async () => {
    class Attributes {
      constructor(name) {
        this.name = name;
      }
      element(element) {
        const value = element.getAttribute(this.name);
        if (value) element.setAttribute(this.name, value.replace("developer.mozilla.org", "mynewdomain.com"));
      }
    }
    const page = new Response('<a href="https://developer.mozilla.org/x?y=1&amp;z">a</a><img src=https://developer.mozilla.org/i.png alt="">', { headers: { "content-type": "text/html;charset=UTF-8", "content-length": "110" } });
    const response = new HTMLRewriter().on("a", new Attributes("href")).on("img", new Attributes("src")).on("a", { element(element) { element.after("<!--after-->", { html: true }).setInnerContent("b & c"); } }).transform(page);
    return shown(response);
  },
  "a body of JSON is checked": async () => {
    const read = async (init) => {
      const request = new Request("https://a.test", { method: "POST", ...init });
      const type = request.headers.get("content-type") ?? "";
      if (type.includes("application/json")) return request.json();
      if (type.includes("form")) return Object.fromEntries(await request.formData());
      return request.text();
    };
    return outcomes(
      () => read({ body: '{"a":[1,null]}', headers: { "content-type": "application/json; charset=utf-8" } }), () => read({ body: "{", headers: { "content-type": "application/json" } }).catch((error) => error.name), () => read({ body: new URLSearchParams({ a: "é &" }) }),
      () => read({ body: "plain" }), () => read({ body: "a=b", headers: { "content-type": "multipart/form-data" } }).catch((error) => error.name), () => read({ body: "", headers: { "content-type": "application/json" } }).catch((error) => error.name),
    );
  },
  "redirects": () => Promise.all([Response.redirect("https://example.com/a b?c=é"), Response.redirect("https://example.com", 301), new Response(null, { status: 308, headers: { Location: "/moved" } })].map(shown)),
  "cors": async () => {
    const request = new Request("https://a.test", { method: "OPTIONS", headers: { Origin: "https://b.test", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-a, x-b" } });
    const response = new Response(null, { status: 204, headers: { "Access-Control-Allow-Origin": request.headers.get("Origin"), "Access-Control-Allow-Headers": request.headers.get("Access-Control-Request-Headers") } });
    response.headers.append("Vary", "Origin");
    response.headers.append("Vary", "Accept");
    return shown(response);
  },
  "cookies are set": async () => {
    const response = new Response("x", { headers: [["Set-Cookie", "a=1; Path=/; HttpOnly"], ["Set-Cookie", "b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]] });
    const copy = new Response(response.body, response);
    copy.headers.append("set-cookie", "c=3");
    return [copy.headers.getSetCookie(), copy.headers.get("set-cookie"), [...copy.headers.entries()].length];
  },
  "an emitter among promises": async () => {
    const emitter = new EventEmitter();
    setTimeout(() => emitter.emit("ready", 1, "two"), 1);
    return [await once(emitter, "ready"), emitter.listenerCount("ready"), EventEmitter.defaultMaxListeners];
  },
  "streams of Node end in a response": async () => {
    const upper = new Transform({ transform(chunk, _encoding, callback) { callback(null, chunk.toString().toUpperCase()); } });
    const response = new Response(Readable.toWeb(Readable.from(["a", "b", "c"]).pipe(upper)));
    const parts = [];
    await pipeline(Readable.from([Buffer.from("x"), Buffer.from("y")]), async function* (source) { for await (const chunk of source) yield `${chunk}!`; }, async (source) => { for await (const chunk of source) parts.push(String(chunk)); });
    return [await response.text(), parts];
  },
  "storage that follows": async () => {
    const storage = new AsyncLocalStorage();
    const seen = await Promise.all([1, 2].map((id) => storage.run({ id }, async () => {
      await scheduler.wait(1);
      const before = storage.getStore().id;
      await new Promise((resolve) => setTimeout(resolve, 1));
      queueMicrotask(() => {});
      return [before, storage.getStore().id, storage.exit(() => storage.getStore()), AsyncLocalStorage.snapshot()(() => storage.getStore().id)];
    })));
    return [seen, storage.getStore()];
  },
  "bindings that are imported": ({ env, ctx }) => [importedEnv.TEXT, importedEnv === env, Object.keys(importedEnv).sort().join() === Object.keys(env).sort().join(), typeof waitUntil, waitUntil(Promise.resolve()), typeof ctx.exports, WorkerEntrypoint.name],
  "digests of streams": async () => {
    const digest = new crypto.DigestStream("SHA-256");
    await new Blob(["some ", "text"]).stream().pipeTo(digest);
    return [hex(await digest.digest), createHash("sha256").update("some text").digest("hex"), String(digest.bytesWritten)];
  },
  "things that are inspected": () => [inspect(new Map([["a", { b: [1, 2] }]])), inspect(new Error("x").message), inspect({ a: undefined, b: null, [Symbol("c")]: 1n }), inspect("it's"), inspect([,1]), inspect(new Set()), inspect(Object.create(null)), inspect(class A extends Map {}), inspect(() => {}), inspect(new Date(0)), inspect(/x/gi)],
  "callbacks become promises": async () => outcomes(() => promisify((value, done) => done(null, value))(5), () => promisify((done) => done(new TypeError("no")))(), () => promisify(setTimeout)(1, "late")),
  "a race with a time limit": async () => outcome(() => Promise.race([scheduler.wait(10_000), AbortSignal.timeout(1) && new Promise((_, reject) => AbortSignal.timeout(1).addEventListener("abort", ({ target }) => reject(target.reason)))])),
  "a transformed stream of lines": async () => {
    const lines = new TransformStream({ start() { this.rest = ""; }, transform(chunk, controller) { const parts = (this.rest + chunk).split("\n"); this.rest = parts.pop(); for (const part of parts) controller.enqueue(part); }, flush(controller) { if (this.rest) controller.enqueue(this.rest); } });
    const found = [];
    for await (const line of new Blob(["a\nb", "b\n\nc"]).stream().pipeThrough(new TextDecoderStream()).pipeThrough(lines)) found.push(line);
    return found;
  },
  "buffers and their encodings": () => [Buffer.from("héllo").toString("base64url"), Buffer.from("68656c6c6f", "hex").toString(), Buffer.concat([Buffer.from([1]), new Uint8Array([2])]).toJSON(), Buffer.alloc(3, "ab").toString(), Buffer.byteLength("é"), Buffer.from("abc").subarray(1).toString(), Buffer.compare(Buffer.from("a"), Buffer.from("b")), Buffer.from([255, 254]).readUInt16BE(0), Buffer.from("ÿ", "latin1")[0], atob(btoa("x")), Buffer.from("a").equals(new Uint8Array([97]))],
  "wrong statuses and bodies": async () => outcomes(() => new Response("x", { status: 204 }).status, () => new Response("x", { status: 99 }), () => new Response("x", { status: 600 }), () => new Response(null, { status: 101 }), () => Response.json(undefined), () => Response.json({ a: 1n }), () => new Request("https://a.test", { body: "x" }), () => new Request("https://a.test", { method: "CONNECT" }), () => new Headers({ "a b": "c" }), () => new Headers({ a: "b\nc" })).then((all) => all.map((one) => one?.threw?.name ?? one)),
};
