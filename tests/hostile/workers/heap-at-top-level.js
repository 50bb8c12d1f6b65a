// harm: a heap that grows at the top level of the module
// expect: 500 worker-does-not-load exception
// limits: startup_cpu_ms=1000
const kept = [];
for (;;) kept.push(new Array(1000).fill(kept.length));
export default { fetch: () => new Response(String(kept.length)) };
