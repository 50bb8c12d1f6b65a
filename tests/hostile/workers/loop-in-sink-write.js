// harm: a loop in a WritableStream's write
// expect: 503 exceeded-cpu exceededCpu
export default {
  async fetch() {
    await new WritableStream({ write() { for (;;) {} } }).getWriter().write("x");
  },
};
