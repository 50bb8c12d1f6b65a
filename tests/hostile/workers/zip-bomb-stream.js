// harm: a quarter of a gigabyte of zeros through a DecompressionStream
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: Error
// limits: cpu_ms=5000
export default {
  async fetch(request, env) {
    const packed = await fetch(env.UPSTREAM + "/bomb.gz");
    try {
      const bytes = await new Response(packed.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
      return new Response(String(bytes.byteLength));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
