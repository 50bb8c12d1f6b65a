// harm: bytes that leave no room for their ciphertext
// expect: 200 - ok
// body: RangeError
// limits: cpu_ms=1000
export default {
  async fetch() {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt"]);
    const bytes = new Uint8Array(20 << 20);
    const error = await crypto.subtle.encrypt({ name: "AES-GCM", iv: bytes.subarray(0, 12) }, key, bytes).then(() => "none", (error) => error.name);
    return new Response(error);
  },
};
