// harm: a response as fast as can be, and a client that reads slowly
// expect: 200 - canceled
// client: slow-reader
// limits: cpu_ms=3000
export default {
  fetch() {
    const chunk = new Uint8Array(1 << 16);
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
  },
};
