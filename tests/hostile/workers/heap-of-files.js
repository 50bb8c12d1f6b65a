// harm: files in a form without an end
// expect: 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=5000
export default {
  fetch() {
    const form = new FormData();
    for (let n = 0; ; n++) form.append("f", new File(["x".repeat(10_000)], `file ${n}`));
  },
};
