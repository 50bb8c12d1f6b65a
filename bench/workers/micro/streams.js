// Streams: what a chunk costs on its way, and what a stream costs by itself. A case's N is a number of chunks, but for the
// short streams.
const CHUNK = new Uint8Array(1024).fill(97);
const CHUNKS_IN_SHORT = 4;

const source = (n) => {
  let left = n;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(CHUNK);
      else controller.close();
    },
  });
};

async function drained(stream) {
  const reader = stream.getReader();
  let chunks = 0;
  for (;;) {
    const { done } = await reader.read();
    if (done) return chunks;
    chunks++;
  }
}

export const streams = {
  "stream-read": {
    gives: 1,
    run: (n) => drained(source(n)),
  },
  "stream-for-await": {
    gives: 1,
    async run(n) {
      let chunks = 0;
      for await (const chunk of source(n)) chunks += chunk.length / CHUNK.length;
      return chunks;
    },
  },
  "stream-pipe": {
    gives: 1,
    async run(n) {
      let chunks = 0;
      await source(n).pipeTo(
        new WritableStream({
          write() {
            chunks++;
          },
        }),
      );
      return chunks;
    },
  },
  "stream-transform": {
    gives: 1,
    run(n) {
      const transform = new TransformStream({
        transform(chunk, controller) {
          controller.enqueue(chunk);
        },
      });
      return drained(source(n).pipeThrough(transform));
    },
  },
  "stream-identity": {
    gives: 1,
    async run(n) {
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      const reading = drained(readable);
      for (let i = 0; i < n; i++) await writer.write(CHUNK);
      await writer.close();
      return reading;
    },
  },
  "stream-tee": {
    gives: 2,
    async run(n) {
      const [first, second] = source(n).tee();
      const [one, other] = await Promise.all([drained(first), drained(second)]);
      return one + other;
    },
  },
  "stream-byob": {
    gives: 1,
    async run(n) {
      let left = n;
      const stream = new ReadableStream({
        type: "bytes",
        pull(controller) {
          if (left-- > 0) {
            const { view } = controller.byobRequest;
            view[0] = 1;
            controller.byobRequest.respond(view.byteLength);
          } else {
            controller.close();
            controller.byobRequest.respond(0);
          }
        },
      });
      const reader = stream.getReader({ mode: "byob" });
      let buffer = new Uint8Array(1024);
      let chunks = 0;
      for (;;) {
        const { done, value } = await reader.read(buffer);
        if (done) return chunks;
        chunks++;
        buffer = new Uint8Array(value.buffer);
      }
    },
  },
  "stream-text": {
    gives: 1,
    run: (n) => drained(source(n).pipeThrough(new TextDecoderStream())),
  },
  "stream-short": {
    gives: CHUNKS_IN_SHORT,
    async run(n) {
      let chunks = 0;
      for (let i = 0; i < n; i++) chunks += await drained(source(CHUNKS_IN_SHORT));
      return chunks;
    },
  },
  "stream-body": {
    gives: CHUNKS_IN_SHORT * CHUNK.length,
    async run(n) {
      let length = 0;
      for (let i = 0; i < n; i++) length += (await new Response(source(CHUNKS_IN_SHORT)).text()).length;
      return length;
    },
  },
};
