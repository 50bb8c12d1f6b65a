import { outcome, outcomes, utf8 } from "../outcome.js";

const bytes = (text) => new ReadableStream({
  type: "bytes",
  start(controller) {
    controller.enqueue(utf8(text));
    controller.close();
  },
});

export default {
  "default reader": async () => {
    const reader = bytes("abc").getReader();
    return [await reader.read(), await reader.read()];
  },
  "byob reader": async () => {
    const reader = bytes("abcde").getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(2));
    const second = await reader.read(new Uint8Array(10));
    return [first, second, await reader.read(new Uint8Array(4))];
  },
  "the buffer is taken": async () => {
    const reader = bytes("abc").getReader({ mode: "byob" });
    const view = new Uint8Array(4);
    const { value } = await reader.read(view);
    return [view.byteLength, view.buffer.byteLength, value.buffer.byteLength];
  },
  "wider elements": async () => {
    const reader = bytes("abcd").getReader({ mode: "byob" });
    return (await reader.read(new Uint16Array(2))).value;
  },
  "min": async () => {
    const stream = new ReadableStream({ type: "bytes", pull(c) { c.enqueue(new Uint8Array([1])); } });
    return (await stream.getReader({ mode: "byob" }).read(new Uint8Array(4), { min: 3 })).value;
  },
  "readAtLeast": async () => {
    const stream = new Blob(["abcdef"]).stream();
    return (await stream.getReader({ mode: "byob" }).readAtLeast(3, new Uint8Array(4))).value.byteLength >= 3;
  },
  "bad views": () => {
    const reader = bytes("abc").getReader({ mode: "byob" });
    return outcomes(() => reader.read(new Uint8Array(0)), () => reader.read("a"), () => reader.read(), () => reader.read(new ArrayBuffer(3)));
  },
  "byobRequest": async () => {
    const stream = new ReadableStream({
      type: "bytes",
      pull(controller) {
        const { byobRequest } = controller;
        byobRequest.view[0] = 7;
        byobRequest.respond(1);
      },
    });
    return (await stream.getReader({ mode: "byob" }).read(new Uint8Array(3))).value;
  },
  "autoAllocateChunkSize": async () => {
    let length;
    const stream = new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: 16,
      pull(controller) {
        length = controller.byobRequest.view.byteLength;
        controller.byobRequest.view[0] = 9;
        controller.byobRequest.respond(1);
      },
    });
    const { value } = await stream.getReader().read();
    return [length, value];
  },
  "autoAllocateChunkSize of zero": () => new ReadableStream({ type: "bytes", autoAllocateChunkSize: 0 }),
  "enqueue something else": () => outcome(() => new ReadableStream({ type: "bytes", start(c) { c.enqueue("text"); } })),
  "enqueue an empty view": () => outcome(() => new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array(0)); } }).locked),
  "a size function": () => new ReadableStream({ type: "bytes" }, { size: () => 1 }),
  "tee": async () => {
    const [a, b] = bytes("abc").tee();
    return [await new Response(a).text(), await new Response(b).text()];
  },
  "body is a byte stream": async () => {
    const reader = new Response("abc").body.getReader({ mode: "byob" });
    return reader.read(new Uint8Array(8));
  },
  "FixedLengthStream": async () => {
    const { readable, writable } = new FixedLengthStream(3);
    const writer = writable.getWriter();
    writer.write(utf8("abc"));
    writer.close();
    return new Response(readable).text();
  },
  "FixedLengthStream, too much": async () => {
    const { readable, writable } = new FixedLengthStream(2);
    const writer = writable.getWriter();
    const text = outcome(new Response(readable).text());
    const write = await outcome(writer.write(utf8("abc")));
    writer.closed.catch(() => {});
    await outcome(writer.abort());
    return [write, (await text).threw !== undefined];
  },
  "FixedLengthStream, too little": async () => {
    const { readable, writable } = new FixedLengthStream(5);
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const text = outcome(new Response(readable).text());
    await writer.write(utf8("abc"));
    const close = await outcome(writer.close());
    return [close, (await text).threw !== undefined];
  },
  "FixedLengthStream's lengths": () => outcomes(() => new FixedLengthStream(-1), () => new FixedLengthStream("x"), () => new FixedLengthStream(), () => new FixedLengthStream(0) instanceof IdentityTransformStream),
  "IdentityTransformStream": async () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    writer.write(utf8("abc")).then(() => writer.close());
    return new Response(readable).text();
  },
  "IdentityTransformStream, a number": async () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const reader = readable.getReader();
    const read = outcome(reader.read());
    const write = await outcome(writer.write(1));
    await outcome(writer.abort());
    await read;
    return write;
  },
};
