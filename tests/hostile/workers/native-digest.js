// harm: a loop around digests of large bytes
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  async fetch() {
    const bytes = new Uint8Array(32 << 20);
    for (;;) await crypto.subtle.digest("SHA-512", bytes);
  },
};
