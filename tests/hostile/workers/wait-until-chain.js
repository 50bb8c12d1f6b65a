// harm: work after the answer that asks for more work, for ever
// expect: 200 - ok
// limits: wait_until_ms=200
export default {
  fetch(request, env, ctx) {
    const again = () => ctx.waitUntil(scheduler.wait(1).then(again));
    again();
    return new Response("early");
  },
};
