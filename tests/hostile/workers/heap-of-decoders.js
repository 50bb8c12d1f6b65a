// harm: decoders that are never finished
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=300
export default {
  fetch() {
    const kept = [];
    for (;;) {
      kept.push(new TextDecoder("gb18030"));
      kept.at(-1).decode(new Uint8Array([0x81]), { stream: true });
    }
  },
};
