// harm: a million finalizers
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory or 200 - ok
// limits: cpu_ms=500
const registry = new FinalizationRegistry(() => {});

export default {
  fetch() {
    for (let n = 0; n < 1_000_000; n++) registry.register({ n }, n);
    return new Response("registered");
  },
};
