// harm: a loop around AES of large bytes
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  async fetch() {
    const key = await crypto.subtle.generateKey({ name: "AES-CBC", length: 256 }, false, ["encrypt"]);
    const bytes = new Uint8Array(8 << 20);
    for (;;) await crypto.subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, key, bytes);
  },
};
