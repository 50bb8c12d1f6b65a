import { outcome, outcomes } from "../outcome.js";

const told = async (env, init, path = "/echo") => {
  const { method, headers, body } = await (await fetch(env.UPSTREAM + path, init)).json();
  const own = Object.fromEntries(headers.filter(([name]) => name.startsWith("x-") || ["content-type", "content-length", "transfer-encoding"].includes(name)));
  return { method, headers: own, body };
};

export default {
  "GET": ({ env }) => told(env),
  "POST of text": ({ env }) => told(env, { method: "POST", body: "ü" }),
  "POST of bytes": ({ env }) => told(env, { method: "POST", body: new Uint8Array([97]) }),
  "POST of params": ({ env }) => told(env, { method: "POST", body: new URLSearchParams("a=b") }),
  "POST of a blob": ({ env }) => told(env, { method: "POST", body: new Blob(["b"], { type: "x/y" }) }),
  "POST of a stream": ({ env }) => told(env, { method: "POST", body: new Blob(["streamed"]).stream().pipeThrough(new TransformStream()) }),
  "POST of a FixedLengthStream": ({ env }) => {
    const { readable, writable } = new FixedLengthStream(3);
    const writer = writable.getWriter();
    writer.write(new TextEncoder().encode("abc"));
    writer.close();
    return told(env, { method: "POST", body: readable });
  },
  "POST without a body": ({ env }) => told(env, { method: "POST" }),
  "PUT, PATCH, DELETE": ({ env }) => Promise.all(["PUT", "PATCH", "DELETE"].map((method) => told(env, { method, body: "x" }))),
  "own headers": ({ env }) => told(env, { headers: { "X-A": "1", "x-b": "é" } }),
  "the whole request's headers": async ({ env }) => {
    const { headers } = await (await fetch(`${env.UPSTREAM}/echo`)).json();
    return headers.map(([name]) => name).filter((name) => name !== "host").sort();
  },
  "from a Request": ({ env }) => told(env, new Request(`${env.UPSTREAM}/echo`, { method: "POST", body: "r" })),
  "Request and init": async ({ env }) => {
    const request = new Request(`${env.UPSTREAM}/echo`, { method: "POST", body: "r", headers: { "x-a": "1" } });
    const { method, body } = await (await fetch(request, { method: "PUT", body: "i" })).json();
    return { method, body };
  },
  "the path as sent": async ({ env }) => (await (await fetch(`${env.UPSTREAM}/echo/a b/%41/ü?q=ä#hash`)).json()).path,
  "response": async ({ env }) => {
    const response = await fetch(`${env.UPSTREAM}/text`);
    const { status, statusText, ok, redirected, type, bodyUsed } = response;
    return { status, statusText, ok, redirected, type, bodyUsed, url: new URL(response.url).pathname, text: await response.text() };
  },
  "response's headers": async ({ env }) => {
    const { headers } = await fetch(`${env.UPSTREAM}/headers`);
    return [[...headers], headers.get("x-two"), headers.getSetCookie()];
  },
  "response's headers are immutable": async ({ env }) => (await fetch(`${env.UPSTREAM}/text`)).headers.set("a", "b"),
  "statuses": ({ env }) => Promise.all([204, 205, 304, 404, 418, 500, 599].map(async (status) => {
    const response = await fetch(`${env.UPSTREAM}/status/${status}`);
    return [response.status, response.ok, response.body === null, await response.text()];
  })),
  "status text": async ({ env }) => (await fetch(`${env.UPSTREAM}/reason`)).statusText,
  "redirect is followed": async ({ env }) => {
    const response = await fetch(`${env.UPSTREAM}/redirect/302/echo`);
    return [response.redirected, new URL(response.url).pathname, (await response.json()).method];
  },
  "redirects of a POST": ({ env }) => Promise.all([301, 302, 303, 307, 308].map(async (status) => {
    const { method, body, headers } = await (await fetch(`${env.UPSTREAM}/redirect/${status}/echo`, { method: "POST", body: "x" })).json();
    return [status, method, body, headers.some(([name]) => name === "content-type")];
  })),
  "redirect of a stream": ({ env }) => outcome(() => fetch(`${env.UPSTREAM}/redirect/307/echo`, { method: "POST", body: new Blob(["x"]).stream().pipeThrough(new TransformStream()) })),
  "redirect: manual": async ({ env }) => {
    const response = await fetch(`${env.UPSTREAM}/redirect/302/echo`, { redirect: "manual" });
    return [response.status, response.headers.get("location"), response.type];
  },
  "redirect: error": ({ env }) => fetch(`${env.UPSTREAM}/redirect/302/echo`, { redirect: "error" }),
  "redirect without end": ({ env }) => fetch(`${env.UPSTREAM}/loop`),
  "redirect without a location": async ({ env }) => (await fetch(`${env.UPSTREAM}/status/302`)).status,
  "redirect to a bad URL": ({ env }) => fetch(`${env.UPSTREAM}/redirect-bad`),
  "gzip": async ({ env }) => {
    const response = await fetch(`${env.UPSTREAM}/gzip`);
    return [response.headers.get("content-encoding"), response.headers.get("content-length"), await response.text()];
  },
  "HEAD": async ({ env }) => {
    const response = await fetch(`${env.UPSTREAM}/text`, { method: "HEAD" });
    return [response.headers.get("content-length"), response.body, await response.text()];
  },
  "chunked response": async ({ env }) => (await fetch(`${env.UPSTREAM}/chunked`)).text(),
  "response cut short": async ({ env }) => {
    const response = await fetch(`${env.UPSTREAM}/cut`);
    return (await outcome(response.text())).threw !== undefined;
  },
  "no server": () => outcome(fetch("http://127.0.0.1:1/")).then(({ threw }) => threw?.class),
  "bad URLs": () => outcomes(() => fetch("bad"), () => fetch(""), () => fetch("ftp://a.test/"), () => fetch("about:blank")),
  "relative URL": () => fetch("/a"),
  "GET with a body": ({ env }) => fetch(`${env.UPSTREAM}/echo`, { body: "x" }),
  "a used request": async ({ env }) => {
    const request = new Request(`${env.UPSTREAM}/echo`, { method: "POST", body: "x" });
    await request.text();
    return fetch(request);
  },
  "a locked body": ({ env }) => {
    const body = new Blob(["x"]).stream();
    body.getReader();
    return fetch(`${env.UPSTREAM}/echo`, { method: "POST", body });
  },
  "a body that fails": ({ env }) => outcome(fetch(`${env.UPSTREAM}/echo`, { method: "POST", body: new ReadableStream({ pull() { throw new RangeError("mine"); } }) })).then(({ threw }) => threw !== undefined),
  "data URL": async () => {
    const response = await fetch("data:text/plain;base64,aGk=");
    return [response.status, response.headers.get("content-type"), await response.text()];
  },
  "no argument": () => fetch(),
  "gives a promise even when it refuses": () => {
    const promise = fetch("bad");
    promise.catch(() => {});
    return promise instanceof Promise;
  },
  "called on another object": () => outcome(() => fetch.call({}, "bad")),
  "clone of a response": async ({ env }) => {
    const response = await fetch(`${env.UPSTREAM}/text`);
    const clone = response.clone();
    return [await response.text(), await clone.text()];
  },
  "two at once": async ({ env }) => {
    const texts = await Promise.all([fetch(`${env.UPSTREAM}/text`), fetch(`${env.UPSTREAM}/chunked`)]);
    return Promise.all(texts.map((response) => response.text()));
  },
};
