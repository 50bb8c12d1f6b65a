// harm: a document without an end that is rewritten as fast as can be, and a client that reads all of it
// expect: 200 - exceededCpu
const rewriter = new HTMLRewriter().on("p", { element: (element) => void element.append("x") });
export default {
  fetch() {
    const chunk = new TextEncoder().encode("<p></p>".repeat(100));
    return rewriter.transform(new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })));
  },
};
