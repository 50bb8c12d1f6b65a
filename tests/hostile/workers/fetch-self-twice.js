// harm: each event fetches its own host twice
// expect: 200 - ok or 503 load-shed ok or 508 loop-detected ok or 503 load-shed loadShed
// limits: cpu_ms=1000 events=20 wall_ms=2000 subrequest_depth=6
export default {
  async fetch(request) {
    const [one, two] = await Promise.all([fetch(request.url), fetch(request.url)]);
    await one.text();
    return new Response(two.body);
  },
};
