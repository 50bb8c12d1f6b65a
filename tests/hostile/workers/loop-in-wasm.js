// harm: a loop in Wasm
// expect: 503 exceeded-cpu exceededCpu
// wasm: 0061736d01000000 01040160 0000 03020100 0705010161 0000 0a0901 07 00 03 40 0c00 0b 0b
import wasm from "./module.wasm";

export default {
  fetch() {
    new WebAssembly.Instance(wasm).exports.a();
  },
};
