// harm: one line of a hundred megabytes
// expect: 200 - ok or 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=1000 memory_mib=64
export default {
  fetch() {
    console.log("x".repeat(100 << 20));
    return new Response("logged");
  },
};
