// harm: formats of languages without an end
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu or 500 worker-exception exception
// limits: cpu_ms=1000
export default {
  fetch() {
    const kept = [];
    for (;;) kept.push(new Intl.DateTimeFormat("de", { dateStyle: "full" }), new Intl.Collator("sv"));
  },
};
