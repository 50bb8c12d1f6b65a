// harm: a thenable given to waitUntil that never returns
// expect: 200 - exceededCpu
export default {
  fetch(request, env, ctx) {
    ctx.waitUntil({ then() { for (;;) {} } });
    return new Response("early");
  },
};
