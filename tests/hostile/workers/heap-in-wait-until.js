// harm: a heap that grows after the answer
// expect: 200 - exceededMemory
// body: early
// limits: cpu_ms=5000
export default {
  fetch(request, env, ctx) {
    const kept = [];
    ctx.waitUntil(scheduler.wait(10).then(() => { for (;;) kept.push(new Array(1000).fill(0)); }));
    return new Response("early");
  },
};
