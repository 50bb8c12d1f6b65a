// A proxy: one mebibyte from the upstream, passed on without being looked at.
export default {
  async fetch(_request, env) {
    const upstream = await fetch(env.UPSTREAM);
    return new Response(upstream.body, { headers: { "content-type": "application/octet-stream" } });
  },
};
