// harm: small buffers without an end
// expect: 503 exceeded-memory exceededMemory or 200 - ok
// body: RangeError
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    try {
      for (;;) kept.push(new Uint8Array(100));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
