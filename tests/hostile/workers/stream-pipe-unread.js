// harm: a pipe into a stream that nobody reads
// expect: 500 worker-hung exception
// limits: cpu_ms=1000 wall_ms=500
export default {
  async fetch() {
    const source = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1 << 16)) });
    const { writable } = new TransformStream();
    await source.pipeTo(writable);
  },
};
