// harm: the tee of a tee, two thousand times
// expect: 200 - ok or 500 worker-hung exception
// body: read
// limits: cpu_ms=2000 memory_mib=128
export default {
  async fetch() {
    let stream = new Blob(["x"]).stream();
    for (let n = 0; n < 2_000; n++) stream = stream.tee()[0];
    await new Response(stream).text();
    return new Response("read");
  },
};
