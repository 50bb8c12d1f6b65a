// harm: one text whose value is many times larger
// expect: 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=5000
export default {
  fetch() {
    JSON.parse("[" + "[],".repeat(3_000_000) + "[]]");
  },
};
