// harm: requests that are never sent
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (;;) kept.push(new Request("http://a/", { method: "POST", body: `text ${kept.length}`.padEnd(2_000, "x") }));
  },
};
