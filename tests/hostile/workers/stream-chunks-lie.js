// harm: getters of typed arrays that lie about the chunks of a body
// expect: 200 - ok
// body: right
export default {
  fetch() {
    const bytes = new TextEncoder().encode("right");
    const prototype = Object.getPrototypeOf(Uint8Array.prototype);
    const wrong = new TextEncoder().encode("wrong").buffer;
    Object.defineProperty(prototype, "buffer", { get: () => wrong, configurable: true });
    Object.defineProperty(prototype, "byteLength", { get: () => 2, configurable: true });
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
    return new Response(body);
  },
};
