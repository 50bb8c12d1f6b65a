// harm: large buffers without an end
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    try {
      for (;;) kept.push(new Uint8Array(1 << 20).fill(1));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
