// harm: a response without an end, to be kept
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-wall-time exceededWallTime
export default {
  async fetch() {
    const chunk = new Uint8Array(64 << 10);
    await caches.default.put("https://x/", new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })));
    return new Response("kept");
  },
};
