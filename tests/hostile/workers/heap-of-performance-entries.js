// harm: performance marks without an end
// expect: 503 exceeded-memory exceededMemory or 200 - ok
// limits: cpu_ms=2000
export default {
  fetch() {
    for (let n = 0; n < 100_000; n++) performance.mark(`mark ${n}`, { detail: { n } });
    return new Response("marked");
  },
};
