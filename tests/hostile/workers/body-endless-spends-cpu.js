// harm: a response as fast as can be, and a client that reads all of it
// expect: 200 - exceededCpu
export default {
  fetch() {
    const chunk = new Uint8Array(1 << 10);
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
  },
};
