// harm: one Wasm table that grows without an end
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=5000
export default {
  fetch() {
    const table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
    try {
      for (;;) table.grow(100_000);
    } catch (error) {
      return new Response(error.name);
    }
  },
};
