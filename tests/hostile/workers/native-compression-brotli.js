// harm: brotli of large bytes, in one chunk
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  async fetch() {
    const bytes = new Uint8Array(16 << 20).map((_, n) => (n * n) >> 3);
    const { readable, writable } = new CompressionStream("brotli");
    const writer = writable.getWriter();
    writer.write(bytes);
    writer.close();
    await new Response(readable).arrayBuffer();
  },
};
