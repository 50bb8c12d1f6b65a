// harm: a bomb written in one chunk to a stream that nobody reads
// expect: 500 worker-hung exception
export default {
  async fetch(request, env) {
    const packed = await (await fetch(env.UPSTREAM + "/bomb.gz")).arrayBuffer();
    const writer = new DecompressionStream("gzip").writable.getWriter();
    try {
      await writer.write(new Uint8Array(packed));
      return new Response("written");
    } catch (error) {
      return new Response(error.name);
    }
  },
};
