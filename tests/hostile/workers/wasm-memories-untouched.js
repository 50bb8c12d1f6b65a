// harm: Wasm memories that only reserve address space
// expect: 200 - ok or 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// body: RangeError
// limits: cpu_ms=2000
export default {
  fetch() {
    const kept = [];
    try {
      for (let n = 0; n < 20_000; n++) kept.push(new WebAssembly.Memory({ initial: 0, maximum: 65_536 }));
    } catch (error) {
      return new Response(error.name);
    }
    return new Response("no RangeError");
  },
};
