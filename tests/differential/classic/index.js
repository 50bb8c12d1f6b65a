// The older format: a script that listens to events. One answer for each path; tests/compare.rs asks for all of them.
const ANSWERS = {
  "/text": (event) => event.respondWith(new Response("hello")),
  "/promise": (event) => event.respondWith(Promise.resolve(new Response("later", { status: 201 }))),
  "/variable": (event) => event.respondWith(new Response(TEXT)),
  "/event": (event) =>
    event.respondWith(
      Response.json([event.type, event.constructor.name, event instanceof FetchEvent, event.request.method, typeof event.waitUntil]),
    ),
  "/sloppy": (event) => event.respondWith(Response.json([typeof this, (function () { return this === globalThis; })()])),
  "/twice": (event) => {
    event.respondWith(new Response("first"));
    try {
      event.respondWith(new Response("second"));
    } catch (error) {
      event.waitUntil(Promise.resolve(error));
    }
  },
  "/throws": () => {
    throw new RangeError("mine");
  },
  "/rejects": (event) => event.respondWith(Promise.reject(new RangeError("mine"))),
  "/second-listener": () => {},
  "/globals": (event) => event.respondWith(Response.json([typeof addEventListener, typeof module, typeof exports, typeof require])),
};

addEventListener("fetch", (event) => ANSWERS[new URL(event.request.url).pathname](event));

addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname === "/second-listener") event.respondWith(new Response("the second"));
});
