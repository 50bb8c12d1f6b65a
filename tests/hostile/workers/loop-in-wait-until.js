// harm: a loop after the answer
// expect: 200 - exceededCpu
// body: early
export default {
  fetch(request, env, ctx) {
    ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 10)).then(() => { for (;;) {} }));
    return new Response("early");
  },
};
