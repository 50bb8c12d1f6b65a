// Answers with a body that has no end.
export default {
  fetch() {
    const chunk = new Uint8Array(64 << 10);
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
  },
};
