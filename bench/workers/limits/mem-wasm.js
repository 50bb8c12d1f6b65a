// Keeps ever more Wasm memories of 4 MiB: memory outside the JavaScript heap.
export default {
  fetch() {
    const kept = [];
    for (;;) {
      const memory = new WebAssembly.Memory({ initial: 64, maximum: 64 });
      new Uint8Array(memory.buffer).fill(1);
      kept.push(memory);
    }
  },
};
