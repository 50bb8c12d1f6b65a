// harm: an upload that is kept whole, twice
// expect: 200 - ok or 503 exceeded-memory exceededMemory or 500 worker-exception exception
// client: post-huge
// limits: cpu_ms=2000
export default {
  async fetch(request) {
    const copy = request.clone();
    const [one, two] = await Promise.all([request.text(), copy.text()]);
    return new Response(String(one.length + two.length));
  },
};
