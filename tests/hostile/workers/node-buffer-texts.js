// harm: texts of bytes that are many times as long as the bytes
// expect: 200 - ok or 500 worker-exception exception or 503 exceeded-memory exceededMemory
// limits: cpu_ms=2000
export default {
  fetch() {
    const kept = [];
    const bytes = Buffer.alloc(12 << 20, 0xff);
    for (const encoding of ["hex", "base64", "latin1", "utf8", "ucs2"]) {
      try {
        kept.push(bytes.toString(encoding), Buffer.from("z".repeat(12 << 20), encoding));
      } catch (error) {
        kept.push(error.name);
      }
    }
    return new Response(String(kept.length));
  },
};
