// harm: a response that never ends, and a client that leaves
// expect: 200 - canceled
// client: leaves
export default {
  async fetch() {
    const body = new ReadableStream({
      async pull(controller) {
        await scheduler.wait(5);
        controller.enqueue(new TextEncoder().encode("piece"));
      },
    });
    return new Response(body);
  },
};
