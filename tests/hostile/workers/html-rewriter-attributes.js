// harm: a tag with a million attributes, all of them asked for
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: Error
// limits: cpu_ms=5000
export default {
  async fetch() {
    const handlers = { element: (element) => void [...element.attributes].length };
    try {
      await new HTMLRewriter().on("p", handlers).transform(new Response(`<p ${"a ".repeat(1_000_000)}>`)).text();
    } catch (error) {
      return new Response(error.name);
    }
    return new Response("rewritten");
  },
};
