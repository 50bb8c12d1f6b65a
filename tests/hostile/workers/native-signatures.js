// harm: a loop around signatures
// expect: 503 exceeded-cpu exceededCpu
export default {
  async fetch() {
    const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-521" }, false, ["sign"]);
    for (;;) await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-1" }, privateKey, new Uint8Array(1));
  },
};
