// harm: getters, conversions and names that are made to hurt
// expect: 200 - ok
// body: done
// limits: cpu_ms=2000
export default {
  async fetch() {
    const cache = caches.default;
    const biting = { get ignoreMethod() { throw new Error("bite"); } };
    const tries = [
      () => cache.match("https://x/", biting),
      () => cache.match({ toString() { throw new Error("bite"); } }),
      () => cache.match(`https://x/${"y".repeat(1 << 20)}`),
      () => cache.put("https://x/\u0000\ud800", new Response("x", { headers: Array.from({ length: 900 }, (_, i) => [`x-${i}`, "y".repeat(100)]) })),
      () => cache.put("https://x/", new Response("x", { headers: { "cache-control": `private="${"a,".repeat(10_000)}"` } })),
      () => cache.put("https://x/", new Response("x", { headers: { "cache-url": "https://other/", "cached-x": "y", "cache-name": "z" } })),
      () => caches.open("n".repeat(1 << 20)).then((one) => one.match("https://x/")),
      () => caches.open("\ud800").then((one) => one.put("https://x/", new Response("x"))),
      () => cache.put("https://x/", new Response(new Response("x").body, { status: 599 })),
      () => Reflect.construct(Cache, [{ __proto__: null }, "x"]),
    ];
    for (const one of tries) {
      try {
        await one();
      } catch {}
    }
    return new Response("done");
  },
};
