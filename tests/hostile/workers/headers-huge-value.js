// harm: a header's value of ten megabytes
// expect: 500 worker-exception exception
// limits: cpu_ms=1000 memory_mib=64
export default {
  fetch() {
    return new Response("", { headers: { a: "v".repeat(10_000_000) } });
  },
};
