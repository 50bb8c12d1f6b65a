// harm: Wasm compiled from bytes made at run time
// expect: 200 - ok
// body: CompileError
export default {
  async fetch() {
    const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
    const tries = [() => new WebAssembly.Module(bytes), () => WebAssembly.compile(bytes), () => WebAssembly.instantiate(bytes)];
    const names = [];
    for (const one of tries) {
      try {
        await one();
        return new Response("allowed");
      } catch (error) {
        names.push(error.name);
      }
    }
    return new Response(names.join());
  },
};
