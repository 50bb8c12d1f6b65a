// harm: one integer that doubles its length without an end
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=5000
export default {
  fetch() {
    try {
      for (let n = 3n; ; n <<= BigInt(n.toString(16).length * 4)) n |= 1n;
    } catch (error) {
      return new Response(error.name);
    }
  },
};
