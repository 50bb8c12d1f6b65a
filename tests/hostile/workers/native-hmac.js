// harm: a loop around HMAC of large bytes
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  async fetch() {
    const key = await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
    const bytes = new Uint8Array(8 << 20);
    for (;;) await crypto.subtle.sign("HMAC", key, bytes);
  },
};
