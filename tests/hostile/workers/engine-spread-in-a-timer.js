// harm: spreads in timers, each in a turn of its own, after the answer
// expect: 200 - exceededCpu or 200 - exceededMemory
// limits: wait_until_ms=5000
export default {
  fetch(request, env, context) {
    context.waitUntil(scheduler.wait(60_000));
    for (let n = 0; n < 10; n++) setTimeout(() => ({ ...new Uint8Array(2e7) }), 20);
    return new Response("soon");
  },
};
