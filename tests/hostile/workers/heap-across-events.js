// harm: a heap that grows a little with each event
// expect: 200 - ok
// client: get 20
// limits: cpu_ms=2000 memory_soft_mib=16
const kept = [];

export default {
  fetch() {
    kept.push(new Array(500_000).fill(kept.length + 0.5));
    return new Response(`kept ${kept.length}`);
  },
};
