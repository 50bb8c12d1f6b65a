// harm: one array that grows without an end
// expect: 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=5000
export default {
  fetch() {
    const all = [];
    for (;;) all.push(0.5);
  },
};
