// harm: as many selectors as there may be, tried against tags that match none of them
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128 startup_cpu_ms=2000
const rewriter = new HTMLRewriter();
for (let i = 0; i < 700; i++) rewriter.on(`a[b="${i}"] x${i}, ${"x".repeat(60)}`, { element() {} });
export default {
  async fetch() {
    let last = 0;
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new TextEncoder().encode("<a></a>".repeat(1000))) });
    for await (const chunk of rewriter.transform(new Response(body)).body) last = chunk.length;
    return new Response(String(last));
  },
};
