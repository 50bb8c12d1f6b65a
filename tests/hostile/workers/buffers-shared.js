// harm: shared buffers without an end
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: Error
// limits: cpu_ms=2000
export default {
  fetch() {
    const kept = [];
    try {
      for (let n = 0; n < 1_000; n++) {
        kept.push(new SharedArrayBuffer(1 << 20));
        new Uint8Array(kept.at(-1)).fill(1);
      }
    } catch (error) {
      return new Response(error.name);
    }
    return new Response("a gigabyte is held");
  },
};
