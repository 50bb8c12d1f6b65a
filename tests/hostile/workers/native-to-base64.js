// harm: a loop around toBase64 of large bytes
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const bytes = new Uint8Array(8 << 20);
    if (!bytes.toBase64) for (;;) {}
    for (;;) bytes.toBase64();
  },
};
