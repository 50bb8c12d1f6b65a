// harm: a Wasm memory that threads could share
// expect: 200 - ok
// body: refused
export default {
  fetch() {
    try {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      return new Response(memory.buffer instanceof ArrayBuffer ? "refused" : "shared");
    } catch (error) {
      return new Response(`refused: ${error.name}`);
    }
  },
};
