// Compresses without an end: the time is in the platform's own native.
export default {
  async fetch() {
    const data = new Uint8Array(1 << 20).map((_, n) => (n * 7919) >> 3);
    for (;;) {
      const packed = new Blob([data]).stream().pipeThrough(new CompressionStream("gzip"));
      await new Response(packed).arrayBuffer();
    }
  },
};
