import { outcomes } from "../outcome.js";

const fields = (request) => {
  const { method, url, redirect, bodyUsed } = request;
  return { method, url, redirect, bodyUsed, hasBody: request.body !== null, headers: [...request.headers] };
};

export default {
  "defaults": () => fields(new Request("http://a.test/b")),
  "with everything": () => fields(new Request("http://a.test", { method: "post", body: "x", headers: { a: "b" }, redirect: "manual" })),
  "methods are normalised": () => ["get", "Delete", "pUt", "options", "head", "patch", "Custom"].map((method) => new Request("http://a.test", { method }).method),
  "relative URL": () => new Request("/b"),
  "URL with credentials": () => new Request("http://u:p@a.test/").url,
  "URL with a fragment": () => new Request("http://a.test/#f").url,
  "URL object": () => new Request(new URL("http://a.test/?q")).url,
  "GET with a body": () => new Request("http://a.test", { body: "x" }),
  "HEAD with a body": () => new Request("http://a.test", { method: "HEAD", body: "x" }),
  "bad method": () => outcomes(() => new Request("http://a.test", { method: "a b" }), () => new Request("http://a.test", { method: "" })),
  "forbidden methods": () => outcomes(...["CONNECT", "TRACE", "TRACK"].map((method) => () => new Request("http://a.test", { method }).method)),
  "bad redirect": () => new Request("http://a.test", { redirect: "sometimes" }),
  "redirect error": () => new Request("http://a.test", { redirect: "error" }).redirect,
  "cache modes": () => outcomes(...["default", "no-store", "no-cache", "reload", "force-cache", "bogus"].map((cache) => () => new Request("http://a.test", { cache }).cache)),
  "from a request": () => fields(new Request(new Request("http://a.test", { method: "PUT", body: "x", headers: { a: "b" } }))),
  "from a request with init": () => fields(new Request(new Request("http://a.test", { method: "PUT", body: "x" }), { method: "POST", headers: { c: "d" } })),
  "the first's body is used": async () => {
    const first = new Request("http://a.test", { method: "PUT", body: "x" });
    const second = new Request(first);
    return [first.bodyUsed, second.bodyUsed, await second.text()];
  },
  "from a used request": async () => {
    const first = new Request("http://a.test", { method: "PUT", body: "x" });
    await first.text();
    return new Request(first);
  },
  "clone": async () => {
    const request = new Request("http://a.test", { method: "PUT", body: "x", headers: { a: "b" } });
    const clone = request.clone();
    return [await request.text(), await clone.text(), clone.headers.get("a"), clone.url];
  },
  "clone of a used one": async () => {
    const request = new Request("http://a.test", { method: "PUT", body: "x" });
    await request.text();
    return request.clone();
  },
  "signal": () => {
    const controller = new AbortController();
    const request = new Request("http://a.test", { signal: controller.signal });
    controller.abort();
    return [request.signal.aborted, request.signal === controller.signal];
  },
  "signal of a plain one": () => new Request("http://a.test").signal instanceof AbortSignal,
  "signal that is none": () => new Request("http://a.test", { signal: {} }),
  "content type by body": () => ["text", new URLSearchParams("a=b"), new Blob(["x"], { type: "a/b" }), new Uint8Array(1)].map((body) => new Request("http://a.test", { method: "POST", body }).headers.get("content-type")),
  "content type is kept": () => new Request("http://a.test", { method: "POST", body: "x", headers: { "content-type": "a/b" } }).headers.get("content-type"),
  "keepalive, integrity, mode, credentials": () => {
    const request = new Request("http://a.test");
    return ["keepalive", "integrity", "mode", "credentials", "referrer", "referrerPolicy", "destination", "duplex"].map((name) => [name, name in request]);
  },
  "integrity and keepalive values": () => {
    const { integrity, keepalive } = new Request("http://a.test");
    return { integrity, keepalive };
  },
  "integrity that is asked for": () => new Request("http://a.test", { integrity: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }),
  "integrity that is empty": () => new Request("http://a.test", { integrity: "" }).integrity,
  "this request": ({ request }) => [request.method, new URL(request.url).pathname, request.body, request.bodyUsed, typeof request.cf],
  "no argument": () => new Request(),
  "called without new": () => Request("http://a.test"),
  "init that is no object": () => new Request("http://a.test", 1),
  "a getter that throws": () => new Request("http://a.test", { get method() { throw new RangeError("mine"); } }),
  "class string": () => Object.prototype.toString.call(new Request("http://a.test")),
  "cf goes through": () => new Request("http://a.test", { cf: { cacheTtl: 5 } }).cf,
  "stream body": async () => new Request("http://a.test", { method: "POST", body: new Blob(["x"]).stream() }).text(),
  "locked stream body": () => {
    const stream = new Blob(["x"]).stream();
    stream.getReader();
    return new Request("http://a.test", { method: "POST", body: stream });
  },
};
