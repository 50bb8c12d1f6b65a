// harm: promises given to waitUntil without an end
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=500
export default {
  fetch(request, env, ctx) {
    for (;;) ctx.waitUntil(new Promise(() => {}));
  },
};
