// harm: a thousand fetches at once
// expect: 200 - ok
// body: Too many subrequests
// limits: cpu_ms=1000 subrequests=30
export default {
  async fetch(request, env) {
    const all = Array.from({ length: 1_000 }, () => fetch(env.UPSTREAM + "/count"));
    try {
      await Promise.all(all);
    } catch (error) {
      return new Response(error.message);
    }
  },
};
