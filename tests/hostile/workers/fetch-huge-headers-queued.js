// harm: subrequests with a huge header that wait for their turn
// expect: 200 - ok
// body: 60 RangeError
// limits: cpu_ms=5000 memory_mib=64
export default {
  async fetch(request, env) {
    const headers = { a: "v".repeat(16 << 20) };
    const asked = Array.from({ length: 60 }, () => fetch(env.UPSTREAM + "/never", { headers }));
    const settled = await Promise.allSettled(asked);
    return new Response(settled.length + " " + [...new Set(settled.map((one) => one.reason.name))]);
  },
};
