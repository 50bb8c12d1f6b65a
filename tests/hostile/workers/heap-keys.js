// harm: keys that are kept, outside of the heap
// expect: 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=5000
export default {
  async fetch() {
    const kept = [];
    for (;;) kept.push(await crypto.subtle.generateKey("X25519", false, ["deriveBits"]));
  },
};
