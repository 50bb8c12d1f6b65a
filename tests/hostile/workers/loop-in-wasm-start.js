// harm: a Wasm module whose start function never returns
// expect: 500 worker-does-not-load exception
// wasm: 0061736d01000000 01040160 0000 03020100 080100 0a0901 07 00 03 40 0c00 0b 0b
import wasm from "./module.wasm";

new WebAssembly.Instance(wasm);
export default { fetch() {} };
