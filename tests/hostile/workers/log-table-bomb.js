// harm: a table of a thousand columns and rows
// expect: 503 exceeded-cpu exceededCpu or 200 - ok or 503 exceeded-memory exceededMemory
// limits: cpu_ms=1000 memory_mib=128
export default {
  fetch() {
    const row = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`column ${n}`, "x".repeat(100)]));
    console.table(Array.from({ length: 1000 }, () => row));
    return new Response("logged");
  },
};
