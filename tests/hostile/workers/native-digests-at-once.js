// harm: thousands of digests begun at once
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  async fetch() {
    const bytes = new Uint8Array(1 << 20);
    await Promise.all(Array.from({ length: 5_000 }, () => crypto.subtle.digest("SHA-256", bytes)));
  },
};
