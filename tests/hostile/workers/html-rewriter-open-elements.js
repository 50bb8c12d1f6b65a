// harm: elements that are never closed, each with the state of hundreds of selectors
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: TypeError
// limits: cpu_ms=5000
const rewriter = new HTMLRewriter();
for (let i = 0; i < 500; i++) rewriter.on(`a:not(.x${i}) b`, { element() {} });
export default {
  async fetch() {
    try {
      await rewriter.transform(new Response("<a>".repeat(100_000))).text();
    } catch (error) {
      return new Response(error.name);
    }
    return new Response("rewritten");
  },
};
