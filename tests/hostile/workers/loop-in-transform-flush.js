// harm: a loop in a TransformStream's flush
// expect: 503 exceeded-cpu exceededCpu
export default {
  async fetch() {
    const { readable, writable } = new TransformStream({ flush() { for (;;) {} } });
    writable.close();
    return new Response(await new Response(readable).text());
  },
};
