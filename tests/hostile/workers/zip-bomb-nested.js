// harm: zeros packed twice, unpacked twice
// expect: 200 - ok or 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu or 500 worker-exception exception
// limits: cpu_ms=3000
export default {
  async fetch(request, env) {
    const once = await (await fetch(env.UPSTREAM + "/bomb.gz")).arrayBuffer();
    const twice = new Blob([once]).stream().pipeThrough(new CompressionStream("deflate"));
    const through = ["deflate", "gzip"].reduce((stream, format) => stream.pipeThrough(new DecompressionStream(format)), twice);
    let bytes = 0;
    for await (const chunk of through) bytes += chunk.length;
    return new Response(String(bytes));
  },
};
