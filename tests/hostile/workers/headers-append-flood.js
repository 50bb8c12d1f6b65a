// harm: one header that grows without an end
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=300
export default {
  fetch() {
    const headers = new Headers();
    for (;;) headers.append("a", "value");
  },
};
