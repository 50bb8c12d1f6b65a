// harm: a loop in a stream's start
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    new ReadableStream({ start() { for (;;) {} } });
  },
};
