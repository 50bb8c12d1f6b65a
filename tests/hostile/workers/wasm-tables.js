// harm: Wasm tables without an end
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    try {
      for (;;) kept.push(new WebAssembly.Table({ element: "externref", initial: 1_000_000 }));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
