// harm: chunks that nobody has asked for
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    new ReadableStream({
      start(controller) {
        for (let n = 0; ; n++) controller.enqueue({ n });
      },
    });
  },
};
