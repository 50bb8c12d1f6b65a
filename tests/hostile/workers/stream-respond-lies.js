// harm: a byte stream that says it filled more than there was room for
// expect: 200 - ok
// body: RangeError
export default {
  async fetch() {
    const stream = new ReadableStream({ type: "bytes", autoAllocateChunkSize: 8, pull: (controller) => controller.byobRequest.respond(9) });
    try {
      await stream.getReader().read();
    } catch (error) {
      return new Response(error.name);
    }
  },
};
