// harm: a document with a million different names of tags, for a selector that counts how often each has come
// expect: 200 - ok or 200 - exceededMemory or 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// body: RangeError
// limits: cpu_ms=1000
const rewriter = new HTMLRewriter().on("b:nth-of-type(2)", { element() {} });
export default {
  async fetch() {
    let count = 0;
    const body = new ReadableStream({
      pull(controller) {
        let text = "";
        for (let i = 0; i < 1000; i++) text += `<a${++count}></a${count}>`;
        controller.enqueue(new TextEncoder().encode(text));
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
