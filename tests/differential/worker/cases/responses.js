import { outcomes } from "../outcome.js";

const fields = (response) => {
  const { status, statusText, ok, redirected, type, url, bodyUsed } = response;
  return { status, statusText, ok, redirected, type, url, bodyUsed, hasBody: response.body !== null, headers: [...response.headers] };
};

export default {
  "defaults": () => fields(new Response()),
  "with everything": () => fields(new Response("x", { status: 404, statusText: "Gone fishing", headers: { a: "b" } })),
  "null body": () => fields(new Response(null)),
  "undefined body": () => fields(new Response(undefined)),
  "empty text": async () => [fields(new Response("")), await new Response("").text()],
  "statuses at the bounds": () => outcomes(...[199, 200, 599, 600, 101, 0, -1, 65736].map((status) => () => new Response(null, { status }).status)),
  "status that is no number": () => outcomes(() => new Response(null, { status: "201" }).status, () => new Response(null, { status: "x" }).status, () => new Response(null, { status: null }).status),
  "null-body statuses with a body": () => outcomes(...[204, 205, 304].map((status) => () => new Response("x", { status }).status)),
  "null-body statuses with an empty body": () => outcomes(...[204, 205, 304].map((status) => () => new Response("", { status }).status)),
  "bad status text": () => new Response(null, { statusText: "a\nb" }),
  "json": async () => {
    const response = Response.json({ a: [1, null] });
    return [fields(response), await response.text()];
  },
  "json with init": () => fields(Response.json(1, { status: 201, headers: { "content-type": "a/b" } })),
  "json of what has no text": () => outcomes(() => Response.json(undefined), () => Response.json(Symbol("s")), () => Response.json(() => {}), () => Response.json(1n)),
  "json of a circle": () => {
    const circle = {};
    circle.self = circle;
    return Response.json(circle);
  },
  "json with a null-body status": () => Response.json({}, { status: 204 }),
  "redirect": () => fields(Response.redirect("http://a.test/b")),
  "redirect statuses": () => outcomes(...[301, 303, 307, 308, 200, 304].map((status) => () => Response.redirect("http://a.test/", status).status)),
  "redirect to a bad URL": () => Response.redirect("bad"),
  "error": () => fields(Response.error()),
  "clone": async () => {
    const response = new Response("x", { status: 201, headers: { a: "b" } });
    const clone = response.clone();
    return [await response.text(), await clone.text(), fields(clone)];
  },
  "clone of a used one": async () => {
    const response = new Response("x");
    await response.text();
    return response.clone();
  },
  "clone of a locked one": () => {
    const response = new Response("x");
    response.body.getReader();
    return response.clone();
  },
  "init from a response": () => fields(new Response("y", new Response("x", { status: 202, headers: { a: "b" } }))),
  "content type by body": () => ["text", new URLSearchParams("a=b"), new Blob(["x"], { type: "a/b" }), new Blob(["x"]), new Uint8Array(1), new Blob(["s"]).stream()].map((body) => new Response(body).headers.get("content-type")),
  "body is the same object": () => {
    const response = new Response("x");
    return response.body === response.body;
  },
  "reading marks it used": async () => {
    const response = new Response("x");
    const before = response.bodyUsed;
    const text = response.text();
    return [before, response.bodyUsed, await text];
  },
  "an object as a body": async () => new Response({ a: 1 }).text(),
  "numbers and booleans as bodies": async () => [await new Response(12).text(), await new Response(false).text()],
  "symbol as a body": () => new Response(Symbol("s")),
  "encodeBody": () => outcomes(() => new Response("x", { encodeBody: "manual" }).status, () => new Response("x", { encodeBody: "bogus" }).status),
  "webSocket is null": () => new Response().webSocket,
  "101 without a socket": () => new Response(null, { status: 101 }),
  "called without new": () => Response("x"),
  "init that is no object": () => new Response("x", 1),
  "class string": () => Object.prototype.toString.call(new Response()),
  "headers are its own": () => {
    const headers = new Headers({ a: "b" });
    const response = new Response(null, { headers });
    headers.set("a", "c");
    return response.headers.get("a");
  },
  "cf goes through": () => new Response(null, { cf: { a: 1 } }).cf,
};
