// harm: bytes that are moved away while a digest reads them
// expect: 200 - ok
export default {
  async fetch() {
    const bytes = new Uint8Array(1 << 20);
    const algorithm = { get name() { bytes.buffer.transfer(); return "SHA-256"; } };
    return new Response(await crypto.subtle.digest(algorithm, bytes));
  },
};
