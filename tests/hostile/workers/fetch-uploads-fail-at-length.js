// harm: uploads that wait for their turn and break off for a reason of megabytes
// expect: 200 - ok
// limits: cpu_ms=5000 memory_mib=128
export default {
  async fetch(request, env) {
    for (let i = 0; i < 6; i++) fetch(env.UPSTREAM + "/never").catch(() => {});
    const reason = "r".repeat(16 << 20);
    for (let i = 0; i < 60; i++) {
      const body = new ReadableStream({ start: (controller) => controller.error(reason) });
      fetch(env.UPSTREAM + "/ok", { method: "POST", body }).catch(() => {});
    }
    await scheduler.wait(100);
    return new Response("ok");
  },
};
