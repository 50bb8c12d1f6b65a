// harm: a Blob that contains the one before twice, again and again
// expect: 200 - ok or 503 exceeded-memory exceededMemory or 500 worker-exception exception
// body: RangeError
// limits: cpu_ms=2000
export default {
  async fetch() {
    let blob = new Blob(["x".repeat(1000)]);
    try {
      for (let n = 0; n < 60; n++) blob = new Blob([blob, blob]);
      await blob.arrayBuffer();
    } catch (error) {
      return new Response(error.name);
    }
  },
};
