// harm: a stream through two thousand transforms
// expect: 200 - ok
// body: read
// limits: cpu_ms=2000 memory_mib=128
export default {
  async fetch() {
    let stream = new Blob(["x"]).stream();
    for (let n = 0; n < 2_000; n++) stream = stream.pipeThrough(new TransformStream());
    await new Response(stream).text();
    return new Response("read");
  },
};
