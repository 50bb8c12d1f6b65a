// harm: JSON.stringify of a long text, of which it makes six times as much
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: memory_mib=128
export default {
  fetch() {
    const text = "\0".repeat(80_000_000);
    for (;;) JSON.stringify(text);
  },
};
