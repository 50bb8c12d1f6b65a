// harm: events that together use what no single one may
// expect: 503 exceeded-memory exceededMemory or 200 - ok
// client: together 12
// limits: cpu_ms=2000
export default {
  async fetch() {
    const kept = new Array(700_000).fill(0.5);
    await scheduler.wait(50);
    return new Response(`kept ${kept.length}`);
  },
};
