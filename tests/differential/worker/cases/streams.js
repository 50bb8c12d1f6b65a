import { outcome, outcomes } from "../outcome.js";

const from = (...chunks) => new ReadableStream({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(chunk);
    controller.close();
  },
});

const all = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

export default {
  "reads to the end": async () => {
    const reader = from("a", "b").getReader();
    return [await reader.read(), await reader.read(), await reader.read(), await reader.closed];
  },
  "pull is called as needed": async () => {
    let pulls = 0;
    const stream = new ReadableStream({ pull(c) { pulls++; c.enqueue(pulls); if (pulls === 3) c.close(); } });
    const before = pulls;
    await Promise.resolve();
    return [before, await all(stream), pulls];
  },
  "pull that throws": () => all(new ReadableStream({ pull() { throw new RangeError("mine"); } })),
  "start that throws": () => new ReadableStream({ start() { throw new RangeError("mine"); } }),
  "start that rejects": () => all(new ReadableStream({ start: () => Promise.reject(new RangeError("mine")) })),
  "desiredSize": () => {
    const sizes = [];
    new ReadableStream({ start(c) { sizes.push(c.desiredSize); c.enqueue("a"); sizes.push(c.desiredSize); c.close(); sizes.push(c.desiredSize); } });
    new ReadableStream({ start(c) { c.error(); sizes.push(c.desiredSize); } });
    return sizes;
  },
  "strategy": () => {
    let desired;
    new ReadableStream({ start(c) { c.enqueue("abc"); desired = c.desiredSize; } }, { highWaterMark: 10, size: (chunk) => chunk.length });
    return desired;
  },
  "bad strategies": () => outcomes(...[-1, Number.NaN, "x"].map((highWaterMark) => () => new ReadableStream({}, { highWaterMark }).locked)),
  "size that throws": () => outcome(() => new ReadableStream({ start(c) { c.enqueue("a"); } }, { size() { throw new RangeError("mine"); } })),
  "strategy classes": () => [new CountQueuingStrategy({ highWaterMark: 2 }).size("abc"), new ByteLengthQueuingStrategy({ highWaterMark: 2 }).size(new Uint8Array(3)), new CountQueuingStrategy({ highWaterMark: 2 }).highWaterMark],
  "enqueue after close": () => outcome(() => new ReadableStream({ start(c) { c.close(); c.enqueue("a"); } })),
  "close twice": () => outcome(() => new ReadableStream({ start(c) { c.close(); c.close(); } })),
  "error, then read": () => all(new ReadableStream({ start(c) { c.enqueue("lost"); c.error(new RangeError("mine")); } })),
  "cancel tells the source": async () => {
    let reason;
    const stream = new ReadableStream({ cancel(given) { reason = given; } });
    const result = await stream.cancel("why");
    return [reason, result, await all(stream)];
  },
  "cancel that throws": () => new ReadableStream({ cancel() { throw new RangeError("mine"); } }).cancel(),
  "cancel of a locked one": () => {
    const stream = from("a");
    stream.getReader();
    return stream.cancel();
  },
  "locked": () => {
    const stream = from("a");
    const before = stream.locked;
    const reader = stream.getReader();
    const during = stream.locked;
    reader.releaseLock();
    return [before, during, stream.locked];
  },
  "second reader": () => {
    const stream = from("a");
    stream.getReader();
    return stream.getReader();
  },
  "bad reader mode": () => from("a").getReader({ mode: "bogus" }),
  "byob reader of a default stream": () => from("a").getReader({ mode: "byob" }),
  "reading with a released reader": async () => {
    const reader = from("a").getReader();
    reader.releaseLock();
    return outcomes(() => reader.read(), () => reader.closed, () => reader.cancel());
  },
  "release while a read is pending": async () => {
    const reader = new ReadableStream({}).getReader();
    const read = reader.read();
    reader.releaseLock();
    return outcome(read);
  },
  "tee": async () => {
    const [a, b] = from("x", "y").tee();
    return [await all(a), await all(b)];
  },
  "tee shares objects": async () => {
    const object = {};
    const [a, b] = from(object).tee();
    return (await all(a))[0] === (await all(b))[0];
  },
  "tee of a locked one": () => {
    const stream = from("a");
    stream.getReader();
    return stream.tee();
  },
  "async iteration, left early": async () => {
    let cancelled = false;
    const stream = new ReadableStream({ pull(c) { c.enqueue("a"); }, cancel() { cancelled = true; } });
    for await (const chunk of stream) if (chunk === "a") break;
    return [cancelled, stream.locked];
  },
  "values with preventCancel": async () => {
    const stream = from("a", "b");
    for await (const chunk of stream.values({ preventCancel: true })) if (chunk === "a") break;
    return all(stream);
  },
  "ReadableStream.from": async () => [await all(ReadableStream.from(["a", "b"])), await all(ReadableStream.from((async function* () { yield 1; yield 2; })()))],
  "ReadableStream.from what is not iterable": () => ReadableStream.from(1),
  "pipeTo": async () => {
    const written = [];
    await from("a", "b").pipeTo(new WritableStream({ write(chunk) { written.push(chunk); }, close() { written.push("closed"); } }));
    return written;
  },
  "pipeTo with preventClose": async () => {
    const sink = new WritableStream({});
    await from("a").pipeTo(sink, { preventClose: true });
    const writer = sink.getWriter();
    return outcome(writer.write("b"));
  },
  "pipeTo a failing sink": async () => {
    let cancelled;
    const source = new ReadableStream({ pull(c) { c.enqueue("a"); }, cancel(reason) { cancelled = reason.message; } });
    const piped = await outcome(source.pipeTo(new WritableStream({ write() { throw new RangeError("mine"); } })));
    return [piped, cancelled];
  },
  "pipeTo from a failing source": async () => {
    let aborted;
    const source = new ReadableStream({ start(c) { c.error(new RangeError("mine")); } });
    const piped = await outcome(source.pipeTo(new WritableStream({ abort(reason) { aborted = reason.message; } })));
    return [piped, aborted];
  },
  "pipeTo with a signal": async () => {
    const signal = AbortSignal.abort(new RangeError("mine"));
    return outcome(from("a").pipeTo(new WritableStream(), { signal }));
  },
  "pipeTo something else": () => from("a").pipeTo({}),
  "pipeThrough something else": () => outcome(() => from("a").pipeThrough({})),
  "writer": async () => {
    const log = [];
    const stream = new WritableStream({ start() { log.push("start"); }, write(chunk) { log.push(chunk); }, close() { log.push("close"); } });
    const writer = stream.getWriter();
    await writer.ready;
    const sizes = [writer.desiredSize];
    const write = writer.write("a");
    sizes.push(writer.desiredSize);
    await write;
    await writer.close();
    return [log, sizes, writer.desiredSize, await writer.closed];
  },
  "abort tells the sink": async () => {
    let reason;
    const stream = new WritableStream({ abort(given) { reason = given; } });
    const writer = stream.getWriter();
    writer.closed.catch(() => {});
    await writer.abort("why");
    return [reason, await outcome(writer.write("a")), await outcome(writer.closed)];
  },
  "write after close": async () => {
    const writer = new WritableStream().getWriter();
    await writer.close();
    return outcomes(writer.write("a"), writer.close());
  },
  "write that rejects": async () => {
    const writer = new WritableStream({ write: () => Promise.reject(new RangeError("mine")) }).getWriter();
    writer.closed.catch(() => {});
    return outcomes(() => writer.write("a"), () => writer.write("b"), () => writer.closed);
  },
  "second writer": () => {
    const stream = new WritableStream();
    stream.getWriter();
    return stream.getWriter();
  },
  "controller's signal": async () => {
    let signal;
    const stream = new WritableStream({ start(controller) { signal = controller.signal; } });
    await stream.abort(new RangeError("mine"));
    return [signal.aborted, signal.reason];
  },
  "constructor's types": () => outcomes(() => new ReadableStream({ type: "bogus" }), () => new WritableStream({ type: "bytes" }), () => new ReadableStream(1), () => new ReadableStream({ pull: 1 })),
  "class strings": () => [new ReadableStream(), new WritableStream(), new TransformStream()].map((stream) => Object.prototype.toString.call(stream)),
};
