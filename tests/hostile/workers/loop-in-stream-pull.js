// harm: a loop in a response stream's pull, once its first piece has left
// expect: 200 - exceededCpu
export default {
  async fetch() {
    let pieces = 0;
    const body = new ReadableStream({
      async pull(controller) {
        await scheduler.wait(20);
        if (++pieces > 2) for (;;) {}
        controller.enqueue(new TextEncoder().encode("piece"));
      },
    });
    return new Response(body);
  },
};
