// harm: a server-sent event whose line has no end
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// limits: cpu_ms=2000
// body: gave up
export default {
  async fetch() {
    const bytes = new Uint8Array(1 << 20).fill(97);
    const stream = new ReadableStream({ pull: (controller) => controller.enqueue(bytes.slice()) });
    const source = EventSource.from(stream);
    await new Promise((resolve) => (source.onerror = resolve));
    return new Response("gave up");
  },
};
