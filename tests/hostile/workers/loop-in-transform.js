// harm: a loop in a TransformStream's transform
// expect: 503 exceeded-cpu exceededCpu
export default {
  async fetch() {
    const { readable, writable } = new TransformStream({ transform() { for (;;) {} } });
    writable.getWriter().write("x");
    return new Response(await new Response(readable).text());
  },
};
