// harm: a body whose chunks are detached before they leave
// expect: 200 - responseStreamDisconnected
export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        const bytes = new Uint8Array(1000);
        controller.enqueue(bytes);
        bytes.buffer.transfer();
        controller.close();
      },
    });
    return new Response(body);
  },
};
