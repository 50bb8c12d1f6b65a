// harm: a megabyte of PBKDF2, which takes days
// expect: 503 exceeded-cpu exceededCpu
export default {
  async fetch() {
    const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
    const algorithm = { name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(8), iterations: 100_000 };
    await crypto.subtle.deriveBits(algorithm, key, 8 << 20);
  },
};
