// harm: bodies without an end that nobody reads
// expect: 200 - ok
// limits: cpu_ms=1000
export default {
  async fetch(request, env) {
    const all = await Promise.all(Array.from({ length: 40 }, () => fetch(env.UPSTREAM + "/endless")));
    return new Response(String(all.length));
  },
};
