// harm: Wasm code that grows its own memory without an end
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=300
// wasm: 0061736d01000000 01040160 0000 03020100 05030100 01 0705010161 0000 0a0e01 0c00 0340 4110 4000 1a 0c00 0b 0b
import wasm from "./module.wasm";

export default {
  fetch() {
    new WebAssembly.Instance(wasm).exports.a();
  },
};
