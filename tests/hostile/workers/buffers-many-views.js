// harm: views of one buffer without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const [buffer, kept] = [new ArrayBuffer(8), []];
    for (;;) kept.push(new DataView(buffer), new Uint8Array(buffer));
  },
};
