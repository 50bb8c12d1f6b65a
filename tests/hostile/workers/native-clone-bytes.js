// harm: a loop around structuredClone of large bytes
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const bytes = new Uint8Array(32 << 20);
    for (;;) structuredClone(bytes);
  },
};
