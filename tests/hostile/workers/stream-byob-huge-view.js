// harm: a view of a gigabyte to read into
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    try {
      const stream = new ReadableStream({ type: "bytes", autoAllocateChunkSize: 2 ** 40, pull: (controller) => controller.close() });
      stream.getReader({ mode: "byob" }).read(new Uint8Array(2 ** 40));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
