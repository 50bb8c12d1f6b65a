// harm: rewriters that wait for their handlers, as many as there can be
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=8000
export default {
  async fetch() {
    const kept = [];
    try {
      for (;;) {
        const rewriter = new HTMLRewriter().on("p", { element: () => new Promise(() => {}) });
        const reader = rewriter.transform(new Response("<p>")).body.getReader();
        kept.push(reader, reader.read());
        await scheduler.wait(0);
      }
    } catch (error) {
      return new Response(`${error.name} ${kept.length > 100}`);
    }
  },
};
