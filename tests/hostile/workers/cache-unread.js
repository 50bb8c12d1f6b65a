// harm: hundreds of kept responses asked for, and none of them read
// expect: 200 - ok
// body: asked
// limits: cpu_ms=5000 wall_ms=60000
export default {
  async fetch() {
    await caches.default.put("https://x/", new Response(new Uint8Array(4 << 20)));
    const found = [];
    for (let i = 0; i < 300; i++) found.push(caches.default.match("https://x/"));
    const first = await found[0];
    await first.body?.cancel();
    return new Response(`asked ${found.length}`);
  },
};
