// harm: a loop around compression of large bytes
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  async fetch() {
    const bytes = new Uint8Array(8 << 20).map((_, n) => (n * n) >> 3);
    for (;;) await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  },
};
