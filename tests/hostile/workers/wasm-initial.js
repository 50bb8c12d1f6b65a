// harm: a Wasm memory that begins with four gigabytes
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    try {
      new Uint8Array(new WebAssembly.Memory({ initial: 65_536 }).buffer).fill(1);
    } catch (error) {
      return new Response(error.name);
    }
  },
};
