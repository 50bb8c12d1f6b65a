// harm: a stream that asks the platform to allocate a terabyte for each chunk
// expect: 200 - responseStreamDisconnected or 500 worker-exception exception
export default {
  fetch() {
    const stream = new ReadableStream({ type: "bytes", autoAllocateChunkSize: 2 ** 40, pull: (controller) => controller.byobRequest.respond(1) });
    return new Response(stream);
  },
};
