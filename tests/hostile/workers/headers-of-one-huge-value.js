// harm: a hundred headers that share one value of megabytes
// expect: 500 worker-exception exception
// limits: cpu_ms=5000 memory_mib=64
export default {
  fetch() {
    const value = "v".repeat(16 << 20);
    const headers = new Headers();
    for (let i = 0; i < 120; i++) headers.append("x-" + i, value);
    return new Response("", { headers });
  },
};
