// harm: a search for the primes of the longest RSA key
// expect: 503 exceeded-cpu exceededCpu
export default {
  async fetch() {
    const algorithm = { name: "RSA-OAEP", hash: "SHA-512", modulusLength: 8192, publicExponent: new Uint8Array([3]) };
    for (;;) await crypto.subtle.generateKey(algorithm, false, ["decrypt"]);
  },
};
