// harm: buffers that one event leaves to the next
// expect: 200 - ok or 500 worker-exception exception or 503 exceeded-memory exceededMemory
// client: get 10
// limits: cpu_ms=2000
const kept = [];

export default {
  fetch() {
    kept.push(new Uint8Array(8 << 20).fill(1));
    return new Response(`kept ${kept.length}`);
  },
};
