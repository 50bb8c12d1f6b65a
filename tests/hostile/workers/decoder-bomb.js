// harm: bytes whose text takes more room than they do
// expect: 200 - ok or 500 worker-exception exception or 503 exceeded-memory exceededMemory
// limits: cpu_ms=2000
export default {
  fetch() {
    try {
      return new Response(String(new TextDecoder().decode(new Uint8Array(24 << 20).fill(0xff)).length));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
