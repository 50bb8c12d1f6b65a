// harm: a buffer that is moved into ever larger ones
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    try {
      for (let n = 1; ; n++) {
        kept.push(new ArrayBuffer(1024).transfer(n << 20));
        new Uint8Array(kept.at(-1)).fill(1);
      }
    } catch (error) {
      return new Response(error.name);
    }
  },
};
