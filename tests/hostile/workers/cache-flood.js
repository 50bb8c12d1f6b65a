// harm: as many responses kept as there may be subrequests
// expect: 200 - ok
// body: too many
// limits: cpu_ms=20000 wall_ms=60000
export default {
  async fetch() {
    let kept = 0;
    try {
      for (;;) await caches.default.put(`https://x/${kept++}`, new Response("x"));
    } catch (error) {
      return new Response(`${error.message.toLowerCase()} ${kept}`);
    }
  },
};
