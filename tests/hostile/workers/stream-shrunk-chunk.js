// harm: a body whose chunk lies in a buffer that shrinks
// expect: 200 - ok
export default {
  fetch() {
    const buffer = new ArrayBuffer(1 << 20, { maxByteLength: 1 << 20 });
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(buffer));
        buffer.resize(16);
        controller.close();
      },
    });
    return new Response(body);
  },
};
