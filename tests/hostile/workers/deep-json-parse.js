// harm: a text of a million nested arrays
// expect: 200 - ok or 500 worker-exception exception or 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=1000 memory_mib=128
export default {
  fetch() {
    try {
      JSON.parse("[".repeat(1_000_000) + "]".repeat(1_000_000));
    } catch (error) {
      return new Response(error.name);
    }
    return new Response("parsed");
  },
};
