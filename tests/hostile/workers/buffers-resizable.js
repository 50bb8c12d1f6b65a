// harm: resizable buffers that reserve much and grow
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    try {
      for (;;) {
        kept.push(new ArrayBuffer(0, { maxByteLength: 16 << 20 }));
        kept.at(-1).resize(16 << 20);
        new Uint8Array(kept.at(-1)).fill(1);
      }
    } catch (error) {
      return new Response(error.name);
    }
  },
};
