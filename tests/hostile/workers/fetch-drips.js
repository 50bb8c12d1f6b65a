// harm: an upstream that sends a byte now and then
// expect: 503 exceeded-wall-time exceededWallTime
// limits: wall_ms=300
export default {
  async fetch(request, env) {
    return new Response(await (await fetch(env.UPSTREAM + "/drip")).text());
  },
};
