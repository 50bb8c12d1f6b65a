// harm: patterns of URLs with as many groups as the text may hold
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory or 200 - ok
export default {
  fetch() {
    const kept = [];
    for (let i = 0; i < 1_000; i++) {
      try {
        kept.push(new URLPattern({ pathname: `/{:a${i}}?${"{x}*".repeat(15_000)}` }));
      } catch {
        continue;
      }
    }
    return new Response(String(kept.length));
  },
};
