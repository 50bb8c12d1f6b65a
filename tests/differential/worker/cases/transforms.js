import { outcome, outcomes, utf8 } from "../outcome.js";

const from = (...chunks) => ReadableStream.from(chunks);

const all = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

export default {
  "identity": () => all(from("a", 1).pipeThrough(new TransformStream())),
  "transform and flush": () => all(from(1, 2).pipeThrough(new TransformStream({
    transform(chunk, controller) { controller.enqueue(chunk * 2); },
    flush(controller) { controller.enqueue("end"); },
  }))),
  "transform that throws": () => all(from(1).pipeThrough(new TransformStream({ transform() { throw new RangeError("mine"); } }))),
  "flush that throws": () => all(from(1).pipeThrough(new TransformStream({ flush() { throw new RangeError("mine"); } }))),
  "terminate": () => all(from(1, 2, 3).pipeThrough(new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      if (chunk === 2) controller.terminate();
    },
  }))),
  "error": () => all(from(1).pipeThrough(new TransformStream({ start(controller) { controller.error(new RangeError("mine")); } }))),
  "cancel hook": async () => {
    let cancelled;
    const { readable } = new TransformStream({ cancel(reason) { cancelled = reason; } });
    await readable.cancel("why");
    return cancelled;
  },
  "readableType": () => outcomes(() => new TransformStream({ readableType: "bytes" }), () => new TransformStream({ writableType: "bytes" })),
  "backpressure": async () => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const sizes = [writer.desiredSize];
    let written = false;
    writer.write("a").then(() => { written = true; });
    await scheduler.wait(1);
    sizes.push(writer.desiredSize, written);
    await readable.getReader().read();
    await scheduler.wait(1);
    sizes.push(written);
    return sizes;
  },
  "TextDecoderStream": () => all(from(new Uint8Array([0xc3]), new Uint8Array([0xbc, 0x61])).pipeThrough(new TextDecoderStream())),
  "TextDecoderStream, incomplete": () => all(from(new Uint8Array([0xc3])).pipeThrough(new TextDecoderStream())),
  "TextDecoderStream, fatal": () => all(from(new Uint8Array([0xff])).pipeThrough(new TextDecoderStream("utf-8", { fatal: true }))),
  "TextDecoderStream of another encoding": () => all(from(new Uint8Array([0xe4])).pipeThrough(new TextDecoderStream("latin1"))),
  "TextDecoderStream of text": () => all(from("a").pipeThrough(new TextDecoderStream())),
  "TextDecoderStream's properties": () => {
    const { encoding, fatal, ignoreBOM } = new TextDecoderStream("UTF8", { ignoreBOM: true });
    return { encoding, fatal, ignoreBOM };
  },
  "TextEncoderStream": () => all(from("a", "ü").pipeThrough(new TextEncoderStream())),
  "TextEncoderStream, split surrogates": () => all(from("\ud83d", "\ude00", "\ud83d").pipeThrough(new TextEncoderStream())),
  "TextEncoderStream of a number": () => all(from(12).pipeThrough(new TextEncoderStream())),
  "gzip round trip": async () => {
    const stream = new Blob(["abc".repeat(1000)]).stream();
    const back = stream.pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip"));
    return (await new Response(back).text()).length;
  },
  "pipeThrough options": () => outcome(() => from("a").pipeThrough(new TransformStream(), { signal: "no" })),
  "bytes written as they are": async () => {
    const bytes = utf8("abc");
    const { readable, writable } = new TransformStream();
    writable.getWriter().write(bytes);
    return (await readable.getReader().read()).value === bytes;
  },
};
