import Stream, { Readable, Writable, Duplex, Transform, PassThrough, pipeline, finished, addAbortSignal, compose, duplexPair } from "node:stream";
import { pipeline as piped, finished as over } from "node:stream/promises";
import { text, json, buffer, arrayBuffer } from "node:stream/consumers";
import { Buffer } from "node:buffer";
import { AsyncLocalStorage } from "node:async_hooks";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};
const caught = (promise) => promise.then((value) => ["fulfilled", value], (error) => [error?.name, error?.code, error?.message]);
const rest = () => new Promise((resolve) => setTimeout(resolve, 5));

function sink(options = {}) {
  const chunks = [];
  const stream = new Writable({
    write(chunk, encoding, callback) {
      chunks.push(Buffer.isBuffer(chunk) ? chunk.toString() : chunk);
      setTimeout(callback, 1);
    },
    ...options,
  });
  stream.chunks = chunks;
  return stream;
}

const watched = (stream, names) => {
  const seen = [];
  for (const name of names) stream.on(name, (...args) => seen.push([name, ...args.map((one) => (one instanceof Error ? one.message : Buffer.isBuffer(one) ? one.toString() : typeof one === "object" ? "object" : one))]));
  return seen;
};

export default {
  async "data flows"() {
    const stream = new Readable({ read() {} });
    const seen = watched(stream, ["data", "end", "close", "error", "pause", "resume"]);
    stream.push("a");
    stream.push(Buffer.from("b"));
    stream.push(new Uint8Array([99]));
    stream.push(null);
    await rest();
    return [seen, stream.readableEnded, stream.destroyed, stream.readable, stream.closed];
  },
  async "data is read by hand"() {
    const stream = new Readable({ read() {} });
    stream.push("abcdef");
    const seen = [stream.read(2)?.toString(), stream.readableLength, stream.read(10)];
    stream.push(null);
    seen.push(stream.read(10)?.toString(), stream.read());
    const readable = new Readable({ read() {} });
    const other = [];
    readable.on("readable", () => {
      let chunk;
      while ((chunk = readable.read(3)) !== null) other.push(chunk.toString());
    });
    readable.on("end", () => other.push("end"));
    readable.push("abcd");
    await rest();
    readable.push("ef");
    readable.push(null);
    await rest();
    return [seen, other];
  },
  async "objects, and encodings"() {
    const objects = Readable.from([1, "two", { three: 3 }, [4]]);
    const list = [];
    for await (const one of objects) list.push(one);
    const encoded = new Readable({ encoding: "hex", read() {} });
    encoded.push("ab");
    encoded.push(null);
    const split = new Readable({ read() {} }).setEncoding("utf8");
    split.push(Buffer.from([0xe2, 0x82]));
    split.push(Buffer.from([0xac]));
    split.push(null);
    return [list, await encoded.toArray(), (await split.toArray()).join("|")];
  },
  async "read is asked for as much as is wanted"() {
    let asked = 0;
    const stream = new Readable({
      highWaterMark: 3,
      read(size) {
        asked++;
        this.push(asked > 4 ? null : "x".repeat(2));
      },
    });
    await rest();
    const before = asked;
    const all = [];
    for await (const chunk of stream) all.push(chunk.toString());
    return [before <= 4, all.join(""), asked];
  },
  async "errors come before the close"() {
    const outcomes = [];
    for (const options of [{}, { emitClose: false }, { autoDestroy: false }]) {
      const stream = new Readable({ read() {}, ...options });
      const seen = watched(stream, ["error", "close", "end"]);
      stream.destroy(new Error("bad"));
      stream.destroy(new Error("again"));
      await rest();
      outcomes.push([seen, stream.destroyed, stream.errored?.message, stream.push("x")]);
    }
    return outcomes;
  },
  async "what cannot be pushed or written"() {
    const readable = new Readable({ read() {} });
    const seen = watched(readable, ["error", "close"]);
    readable.push(5);
    await rest();
    const ended = new Readable({ read() {} });
    const afterEnd = watched(ended, ["error"]);
    ended.push(null);
    ended.push("x");
    await rest();
    const writable = sink();
    writable.on("error", () => {});
    const outcomes = [attempt(() => writable.write(5)), attempt(() => writable.write(null)), attempt(() => writable.write("x", "nope"))];
    const done = sink();
    const told = watched(done, ["error", "finish", "close"]);
    done.end("last");
    outcomes.push(done.write("late", (error) => told.push(["callback", error?.code])));
    await rest();
    return [seen, afterEnd, outcomes, told, done.chunks];
  },
  async "writing"() {
    const writable = sink({ highWaterMark: 3 });
    const seen = watched(writable, ["drain", "finish", "close", "error", "prefinish"]);
    const outcomes = [writable.write("ab"), writable.write("cd"), writable.writableNeedDrain, writable.writableLength];
    await new Promise((resolve) => writable.once("drain", resolve));
    writable.end("e", () => seen.push("callback"));
    outcomes.push(writable.writableEnded, writable.writableFinished, writable.writable);
    await rest();
    await rest();
    return [outcomes, seen, writable.chunks, writable.writableFinished, writable.destroyed];
  },
  async "corked chunks come together"() {
    const batches = [];
    const writable = new Writable({
      writev(chunks, callback) {
        batches.push(chunks.map(({ chunk }) => chunk.toString()));
        callback();
      },
    });
    writable.cork();
    writable.write("a");
    writable.write("b");
    writable.uncork();
    writable.write("c");
    writable.end();
    await over(writable);
    return batches;
  },
  async "final and construct"() {
    const seen = [];
    const writable = new Writable({
      construct(callback) {
        setTimeout(() => callback(seen.push("constructed") && null), 1);
      },
      write(chunk, encoding, callback) {
        seen.push(chunk.toString());
        callback();
      },
      final(callback) {
        seen.push("final");
        setTimeout(callback, 1);
      },
      destroy(error, callback) {
        seen.push(["destroy", error]);
        callback(error);
      },
    });
    writable.write("x");
    writable.end();
    await over(writable);
    const failing = new Writable({ write: (chunk, encoding, callback) => callback(), final: (callback) => callback(new Error("final")) });
    failing.end();
    const broken = new Writable({ construct: (callback) => callback(new Error("construct")), write() {} });
    return [seen, await caught(over(failing)), await caught(over(broken))];
  },
  async "an error of write"() {
    const writable = new Writable({ write: (chunk, encoding, callback) => callback(new Error("write")) });
    const seen = watched(writable, ["error", "close", "finish"]);
    writable.write("a", (error) => seen.push(["callback", error?.message]));
    writable.write("b", (error) => seen.push(["callback of b", error?.message]));
    await rest();
    return seen;
  },
  async "pipe"() {
    const target = sink({ highWaterMark: 2 });
    const seen = watched(target, ["pipe", "unpipe", "finish", "close"]);
    Readable.from(["a", "bb", "ccc"], { objectMode: false }).pipe(target);
    await over(target);
    const kept = sink();
    Readable.from(["x"]).pipe(kept, { end: false });
    await rest();
    const source = new Readable({ read() {} });
    const one = sink();
    const two = sink();
    source.pipe(one);
    source.pipe(two);
    source.push("1");
    await rest();
    source.unpipe(one);
    source.push("2");
    source.push(null);
    await rest();
    return [target.chunks, seen, kept.writableEnded, kept.chunks, one.chunks, two.chunks, one.writableEnded, two.writableFinished];
  },
  async "transform"() {
    const upper = new Transform({
      transform(chunk, encoding, callback) {
        callback(null, chunk.toString().toUpperCase());
      },
      flush(callback) {
        this.push("!");
        callback(null, "?");
      },
    });
    upper.write("ab");
    upper.end("cd");
    const doubled = new Transform({
      objectMode: true,
      transform(value, encoding, callback) {
        this.push(value);
        this.push(value * 2);
        callback();
      },
    });
    for (const one of [1, 2]) doubled.write(one);
    doubled.end();
    const failing = new Transform({ transform: (chunk, encoding, callback) => callback(new Error("transform")) });
    failing.write("x");
    return [await text(upper), await doubled.toArray(), await caught(over(failing)), await caught(text(Readable.from(["p"]).pipe(new PassThrough())))];
  },
  async "a slow reader slows the writer down"() {
    const through = new Transform({
      highWaterMark: 4,
      transform(chunk, encoding, callback) {
        callback(null, chunk);
      },
    });
    const outcomes = [];
    for (let i = 0; i < 6; i++) outcomes.push(through.write("ab"));
    await rest();
    outcomes.push(through.readableLength <= 8, through.writableLength > 0);
    through.end();
    outcomes.push((await buffer(through)).toString());
    return outcomes;
  },
  async "duplex"() {
    const written = [];
    const duplex = new Duplex({
      read() {
        this.push("read");
        this.push(null);
      },
      write(chunk, encoding, callback) {
        written.push(chunk.toString());
        callback();
      },
      allowHalfOpen: false,
    });
    const seen = watched(duplex, ["data", "end", "finish", "close"]);
    duplex.write("w");
    await rest();
    await rest();
    return [seen, written, duplex instanceof Writable, duplex instanceof Readable, new PassThrough() instanceof Transform, new Readable({}) instanceof Writable, duplex.writableEnded, duplex.destroyed];
  },
  async "Duplex.from"() {
    const doubled = Duplex.from(async function* (source) {
      for await (const chunk of source) yield `${chunk}${chunk}`;
    });
    doubled.end("ab");
    return [await text(Duplex.from(["a", "b"])), await text(doubled), await text(Duplex.from(Promise.resolve("p"))), attempt(() => Duplex.from(5)).slice(0, 30)];
  },
  async "pipeline with a callback"() {
    const target = sink();
    const first = await new Promise((resolve) => pipeline(Readable.from(["a", "b"]), new PassThrough(), target, (error) => resolve(error ?? "done")));
    const failing = await new Promise((resolve) =>
      pipeline(
        Readable.from(["a"]),
        new Transform({ transform: (chunk, encoding, callback) => callback(new Error("middle")) }),
        sink(),
        (error) => resolve(error.message),
      ),
    );
    return [first, target.chunks, failing, attempt(() => pipeline(Readable.from([]), 5)), attempt(() => pipeline(() => {}))];
  },
  async "pipeline as a promise"() {
    const target = sink();
    await piped(
      async function* () {
        yield "a";
        yield "b";
      },
      async function* (source) {
        for await (const chunk of source) yield String(chunk).toUpperCase();
      },
      target,
    );
    const collected = await piped(["x", "y"], async (source) => {
      let all = "";
      for await (const chunk of source) all += chunk;
      return all;
    });
    const controller = new AbortController();
    const endless = new Readable({ read() {} });
    const aborted = caught(piped(endless, sink(), { signal: controller.signal }));
    controller.abort();
    const source = new Readable({ read() {} });
    const closing = caught(piped(source, sink()));
    source.destroy();
    const bad = new Readable({
      read() {
        this.destroy(new Error("source"));
      },
    });
    const open = sink();
    await piped(Readable.from(["q"]), open, { end: false });
    return [target.chunks, collected, await aborted, endless.destroyed, await closing, await caught(piped(bad, sink())), open.writableEnded, open.chunks];
  },
  async "finished"() {
    const readable = Readable.from(["a"]);
    readable.resume();
    await over(readable);
    const closed = new Readable({ read() {} });
    closed.destroy();
    const writable = sink();
    const waiting = caught(over(writable));
    writable.destroy(new Error("x"));
    const callback = await new Promise((resolve) => {
      const stream = new PassThrough();
      finished(stream, (error) => resolve(error ?? "ok"));
      stream.resume();
      stream.end("x");
    });
    return [await caught(over(closed)), await waiting, callback, await caught(over(readable))];
  },
  async "a signal ends a stream"() {
    const controller = new AbortController();
    const stream = addAbortSignal(controller.signal, new Readable({ read() {} }));
    const seen = watched(stream, ["error", "close"]);
    controller.abort();
    await rest();
    const other = new AbortController();
    const given = new Readable({ read() {}, signal: other.signal });
    given.on("error", () => {});
    other.abort();
    return [seen, given.destroyed, attempt(() => addAbortSignal(5, stream)), stream.errored?.code];
  },
  async "iteration"() {
    const stream = Readable.from(["a", "b", "c"]);
    const seen = [];
    for await (const chunk of stream) {
      seen.push(chunk);
      if (chunk === "b") break;
    }
    const failing = new Readable({
      read() {
        this.push("x");
        this.destroy(new Error("iter"));
      },
    });
    const outcome = await caught(failing.toArray());
    const kept = Readable.from(["1", "2"]);
    for await (const chunk of kept.iterator({ destroyOnReturn: false })) {
      seen.push(chunk);
      break;
    }
    return [seen, stream.destroyed, outcome, kept.destroyed];
  },
  async "operators"() {
    const numbers = () => Readable.from([1, 2, 3, 4]);
    return [
      await numbers().map((n) => n * 2).toArray(),
      await numbers().filter((n) => n % 2 === 0).toArray(),
      await numbers().flatMap((n) => [n, n]).toArray(),
      await numbers().take(2).toArray(),
      await numbers().drop(2).toArray(),
      await numbers().reduce((sum, n) => sum + n, 10),
      await numbers().reduce((sum, n) => sum + n),
      await numbers().some((n) => n > 3),
      await numbers().every((n) => n > 3),
      await numbers().find((n) => n > 2),
      await numbers().map(async (n) => n + 1, { concurrency: 2 }).toArray(),
      await caught(Readable.from([]).reduce((a) => a)),
      attempt(() => numbers().map(5)),
      await caught(numbers().map(() => { throw new Error("op"); }).toArray()),
    ];
  },
  async "consumers"() {
    return [await text(Readable.from(["a", "\u20ac"])), await json(Readable.from(['{"a":', "1}"])), await buffer(Readable.from([Buffer.from("x")])), await arrayBuffer(Readable.from([Buffer.from("yz")]))];
  },
  async "streams of the Web"() {
    const web = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("web"));
        controller.close();
      },
    });
    const chunks = [];
    const webSink = new WritableStream({ write: (chunk) => void chunks.push(Buffer.from(chunk).toString()) });
    const writable = Writable.fromWeb(webSink);
    writable.write("one");
    writable.end("two");
    await over(writable);
    const target = sink();
    const writer = Writable.toWeb(target).getWriter();
    await writer.write("w");
    await writer.close();
    const readBack = [];
    for await (const chunk of Readable.toWeb(Readable.from([Buffer.from("n"), Buffer.from("m")], { objectMode: false }))) readBack.push(chunk.constructor.name, Buffer.from(chunk).toString());
    const objects = [];
    for await (const one of Readable.toWeb(Readable.from([{ a: 1 }]))) objects.push(one);
    return [await text(Readable.fromWeb(web)), chunks, target.chunks, readBack, objects, attempt(() => Readable.fromWeb(5))];
  },
  async "old ways"() {
    function Old(options) {
      if (!(this instanceof Old)) return new Old(options);
      Transform.call(this, options);
    }
    Object.setPrototypeOf(Old.prototype, Transform.prototype);
    Old.prototype._transform = function (chunk, encoding, callback) {
      callback(null, `<${chunk}>`);
    };
    const old = Old();
    old.end("x");
    class Counter extends Readable {
      count = 0;
      _read() {
        this.push(this.count < 3 ? String(this.count++) : null);
      }
    }
    return [await text(old), await text(new Counter()), Stream.Readable === Readable, Stream === Stream.Stream, new Readable() instanceof Stream, Readable({ read() {} }) instanceof Readable];
  },
  async "unshift, pause and resume"() {
    const stream = new Readable({ read() {} });
    stream.push("b");
    stream.unshift("a");
    const seen = [];
    stream.on("data", (chunk) => {
      seen.push(chunk.toString());
      stream.pause();
      setTimeout(() => stream.resume(), 1);
    });
    stream.push("c");
    stream.push(null);
    await over(stream);
    return [seen, stream.isPaused()];
  },
  async "compose"() {
    const composed = compose(
      new Transform({ transform: (chunk, encoding, callback) => callback(null, `${chunk}1`) }),
      new Transform({ transform: (chunk, encoding, callback) => callback(null, `${chunk}2`) }),
    );
    composed.end("x");
    return text(composed);
  },
  async "a pair"() {
    const [one, other] = duplexPair();
    one.end("to other");
    other.end("to one");
    return [await text(one), await text(other)];
  },
  async "a store follows a stream"() {
    const storage = new AsyncLocalStorage();
    return storage.run("s", async () => {
      const seen = [];
      const through = new Transform({
        transform(chunk, encoding, callback) {
          seen.push(storage.getStore());
          setTimeout(() => callback(null, chunk), 1);
        },
      });
      through.on("data", () => seen.push(storage.getStore()));
      through.on("end", () => seen.push(storage.getStore()));
      through.write("a");
      through.end("b");
      await over(through);
      return seen;
    });
  },
  "states are there for those who look": () => {
    const duplex = new Duplex({ objectMode: true, read() {}, write() {} });
    return [duplex.readableObjectMode, duplex.writableObjectMode, duplex.readableHighWaterMark, duplex.writableHighWaterMark, duplex._readableState.objectMode, duplex._writableState.finished, duplex.readableFlowing, new Readable({ highWaterMark: 5 }).readableHighWaterMark, attempt(() => new Readable({ highWaterMark: -1 })), Stream.getDefaultHighWaterMark(true)];
  },
};
