// harm: the exports of ever more instances, kept in a table
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu or 500 worker-exception exception
// limits: cpu_ms=500
// wasm: 0061736d01000000 01040160 0000 03020100 0705010161 0000 0a0401 02 00 0b
import wasm from "./module.wasm";

export default {
  fetch() {
    const kept = [];
    for (;;) kept.push(new WebAssembly.Instance(wasm).exports.a);
  },
};
