// harm: Wasm code that calls itself without an end
// expect: 200 - ok
// body: RangeError
// wasm: 0061736d01000000 01040160 0000 03020100 0705010161 0000 0a0601 04 00 1000 0b
import wasm from "./module.wasm";

export default {
  fetch() {
    try {
      new WebAssembly.Instance(wasm).exports.a();
    } catch (error) {
      return new Response(error.name);
    }
  },
};
