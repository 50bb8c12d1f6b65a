// harm: an upload that never comes to its end
// expect: 503 exceeded-wall-time exceededWallTime
// limits: wall_ms=500
export default {
  async fetch(request, env) {
    const body = new ReadableStream({ pull: (controller) => scheduler.wait(5).then(() => controller.enqueue(new Uint8Array(10))) });
    await fetch(env.UPSTREAM + "/never", { method: "POST", body });
  },
};
