// harm: Wasm memories without an end
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    try {
      for (;;) {
        kept.push(new WebAssembly.Memory({ initial: 64 }));
        new Uint8Array(kept.at(-1).buffer).fill(1);
      }
    } catch (error) {
      return new Response(error.name);
    }
  },
};
