// The Cache API, as far as it goes without a cache: workerd alone has none behind it.
import { outcomes } from "../outcome.js";

const put = (request, init, body = "x") => () => caches.default.put(request, new Response(body, init));

export default {
  "methods of caches that nobody has": () => outcomes(() => caches.match("http://a.test/"), () => caches.has("x"), () => caches.delete("x"), () => caches.keys(), () => caches.match()),
  "methods of a cache that nobody has": () => outcomes(() => caches.default.add("http://a.test/"), () => caches.default.addAll([]), () => caches.default.keys(), () => caches.default.matchAll("http://a.test/"), () => caches.default.add()),
  "which of them give promises": () =>
    [() => caches.match(), () => caches.open(), () => caches.default.keys(), () => caches.default.matchAll(), () => caches.default.put(), () => caches.default.match(), () => caches.default.delete()].map((run) => {
      try {
        const promise = run();
        promise.catch(() => {});
        return promise instanceof Promise;
      } catch {
        return "threw";
      }
    }),
  "what cannot be kept": () =>
    outcomes(
      put("http://a.test/", { status: 206 }),
      put("http://a.test/", { headers: { vary: "*" } }),
      put("http://a.test/", { headers: { vary: "accept, *" } }),
      put(new Request("http://a.test/", { method: "POST" })),
      put(new Request("http://a.test/", { method: "HEAD" })),
      () => caches.default.put("http://a.test/", Response.error()),
      () => caches.default.put("http://a.test/", { status: 200 }),
      () => caches.default.put("http://a.test/"),
      () => caches.default.put(),
      put("no URL"),
    ),
  "what is not kept": () => outcomes(put("http://a.test/", { status: 304 }, null)),
  "what is not asked for": () =>
    outcomes(
      () => caches.default.match(new Request("http://b.test/", { method: "POST", body: "x" })),
      () => caches.default.delete(new Request("http://b.test/", { method: "POST", body: "x" })),
      () => caches.default.match("no URL"),
      () => caches.default.match(),
      () => caches.default.match("http://b.test/", 1),
      () => caches.default.match(new Request("http://b.test/", { method: "PUT" }), { ignoreMethod: false }),
      () => caches.default.delete("no URL"),
    ),
  "names": () => outcomes(() => caches.open(), async () => (await caches.open("one")) instanceof Cache, () => caches.open("").then((cache) => cache instanceof Cache), async () => caches.default === caches.default),
  "constructors": () => outcomes(() => new Cache(), () => new CacheStorage()),
};
