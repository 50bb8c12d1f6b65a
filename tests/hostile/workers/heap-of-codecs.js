// harm: compressors that are begun and never finished
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  async fetch() {
    const kept = [];
    for (;;) {
      const stream = new CompressionStream("gzip");
      kept.push(stream);
      stream.writable.getWriter().write(new Uint8Array([1, 2, 3]));
      await null;
    }
  },
};
