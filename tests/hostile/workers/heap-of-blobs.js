// harm: blobs without an end
// expect: 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (;;) kept.push(new Blob(["x".repeat(100_000), String(kept.length)]));
  },
};
