// harm: a loop in the callback that tells a stream that its reader has left
// expect: 200 - canceled or 200 - exceededCpu
// client: leaves
export default {
  async fetch() {
    const body = new ReadableStream({
      async pull(controller) {
        await scheduler.wait(5);
        controller.enqueue(new TextEncoder().encode("piece"));
      },
      cancel() {
        for (;;) {}
      },
    });
    return new Response(body);
  },
};
