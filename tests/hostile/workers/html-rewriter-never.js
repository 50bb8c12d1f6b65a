// harm: a handler whose promise is never settled, and a client that has seen the beginning
// expect: 200 - canceled
// client: leaves
export default {
  fetch() {
    const rewriter = new HTMLRewriter().on("b", { element: () => new Promise(() => {}) });
    return rewriter.transform(new Response("<p>first</p><b>"));
  },
};
