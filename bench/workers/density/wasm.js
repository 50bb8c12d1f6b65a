// An app whose work is in Wasm: the module is one of the bundle's, and its instance is made at top level, as glue code does.
import module from "./add.wasm";

const { add } = new WebAssembly.Instance(module).exports;

export default {
  fetch() {
    return new Response(String(add(20, 22)));
  },
};
