// harm: work after the answer that never ends
// expect: 200 - ok
// limits: wait_until_ms=200
export default {
  fetch(request, env, ctx) {
    ctx.waitUntil(scheduler.wait(100_000));
    return new Response("early");
  },
};
