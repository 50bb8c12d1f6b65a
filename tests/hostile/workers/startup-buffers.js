// harm: buffers without an end at the top level
// expect: 500 worker-does-not-load exception
const kept = [];
for (;;) kept.push(new Uint8Array(1 << 20).fill(1));
export default { fetch: () => new Response(String(kept.length)) };
