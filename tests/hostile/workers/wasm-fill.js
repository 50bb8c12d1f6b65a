// harm: Wasm code that fills its memory without an end
// expect: 503 exceeded-cpu exceededCpu
// wasm: 0061736d01000000 01040160 0000 03020100 0504010080 02 0709020161 0000 0162 0200 0a1501 1300 0340 4100 4101 4180808008 fc0b00 0c00 0b 0b
import wasm from "./module.wasm";

export default {
  fetch() {
    new WebAssembly.Instance(wasm).exports.a();
  },
};
