// harm: a Wasm memory that grows without an end
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=5000
export default {
  fetch() {
    const memory = new WebAssembly.Memory({ initial: 1 });
    try {
      for (;;) {
        memory.grow(64);
        new Uint8Array(memory.buffer).fill(1);
      }
    } catch (error) {
      return new Response(error.name);
    }
  },
};
