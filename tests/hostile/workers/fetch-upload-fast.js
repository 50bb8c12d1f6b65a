// harm: an upload as fast as can be to an upstream that does not read
// expect: 503 exceeded-wall-time exceededWallTime
// limits: wall_ms=500 cpu_ms=1000
export default {
  async fetch(request, env) {
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1 << 16)) });
    await fetch(env.UPSTREAM + "/never", { method: "POST", body });
  },
};
