// Answers at once and burns CPU time afterwards, where no client waits for it.
export default {
  fetch(_request, _env, ctx) {
    const burn = async () => {
      await scheduler.wait(1);
      for (;;) {}
    };
    ctx.waitUntil(burn());
    return new Response("answered");
  },
};
