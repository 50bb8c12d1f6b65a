// harm: content inserted into an element until there is no room for it
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=5000
export default {
  async fetch() {
    const text = "&".repeat(1 << 20);
    const handlers = {
      element(element) {
        for (;;) element.prepend(text);
      },
    };
    try {
      await new HTMLRewriter().on("p", handlers).transform(new Response("<p>")).text();
    } catch (error) {
      return new Response(error.name);
    }
    return new Response("rewritten");
  },
};
