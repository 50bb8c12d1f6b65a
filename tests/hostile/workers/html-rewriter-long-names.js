// harm: open elements whose names are a megabyte long each
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=5000
const rewriter = new HTMLRewriter().on("b", { element() {} });
export default {
  async fetch() {
    let count = 0;
    const chunk = new TextEncoder().encode(`<a${"x".repeat(65_000)}`);
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(count % 16 === 0 ? chunk : chunk.fill(0x78));
        if (count++ % 16 === 15) controller.enqueue(new TextEncoder().encode("><a"));
      },
    });
    try {
      for await (const _ of rewriter.transform(new Response(body)).body);
    } catch (error) {
      return new Response(error.name);
    }
    return new Response("rewritten");
  },
};
