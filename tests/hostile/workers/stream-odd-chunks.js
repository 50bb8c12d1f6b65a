// harm: a body of chunks that are no bytes
// expect: 200 - responseStreamDisconnected
export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        for (const chunk of [null, 1, {}, Symbol("x"), [1], new Proxy({}, {})]) controller.enqueue(chunk);
      },
    });
    return new Response(body);
  },
};
