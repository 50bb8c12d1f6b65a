// harm: instances of one Wasm module without an end
// expect: 200 - ok or 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu or 500 worker-exception exception
// limits: cpu_ms=2000
// wasm: 0061736d01000000 05030100 01 07050101610200
import wasm from "./module.wasm";

export default {
  fetch() {
    const kept = [];
    for (;;) {
      kept.push(new WebAssembly.Instance(wasm));
      new Uint8Array(kept.at(-1).exports.a.buffer).fill(1);
    }
  },
};
