// harm: a million parameters in one text
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory or 200 - ok
// limits: cpu_ms=1000
export default {
  fetch() {
    return new Response(String(new URLSearchParams("&a=b".repeat(1_000_000)).size));
  },
};
