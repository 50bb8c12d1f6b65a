// harm: bytes that are no packed bytes
// expect: 200 - ok
// body: TypeError,TypeError,TypeError,TypeError
export default {
  async fetch() {
    const names = [];
    for (const format of ["gzip", "deflate", "deflate-raw", "brotli"]) {
      const garbage = new Blob([new Uint8Array(1000).fill(0xfe)]).stream();
      await new Response(garbage.pipeThrough(new DecompressionStream(format))).arrayBuffer().catch((error) => names.push(error.name));
    }
    return new Response(names.join());
  },
};
