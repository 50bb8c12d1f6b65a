// Answers with a large body to a client that hardly reads: whoever does not wait for it must store it.
export default {
  fetch() {
    const chunk = new Uint8Array(1 << 20);
    const body = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 64; n++) controller.enqueue(chunk.slice());
        controller.close();
      },
    });
    return new Response(body);
  },
};
