// From streams of the Web to those of Node, and back.
import { Buffer } from "../../buffer.js";
import { AbortError, invalidType } from "../errors.js";
import { finished } from "./finished.js";
import { isNodeStream, soon } from "./lifecycle.js";

export function readableFromWeb(source, options, Readable) {
  if (!(source instanceof ReadableStream)) throw invalidType("readableStream", "an instance of ReadableStream", source);
  const reader = source.getReader();
  let closed = false;
  const readable = new Readable({
    objectMode: options?.objectMode,
    highWaterMark: options?.highWaterMark,
    encoding: options?.encoding,
    signal: options?.signal,
    read() {
      reader.read().then(
        ({ done, value }) => readable.push(done ? null : value),
        (failure) => readable.destroy(failure),
      );
    },
    destroy(failure, callback) {
      const done = () => soon(callback, failure);
      if (closed) done();
      else reader.cancel(failure ?? undefined).then(done, done);
    },
  });
  reader.closed.then(
    () => {
      closed = true;
    },
    (failure) => {
      closed = true;
      readable.destroy(failure);
    },
  );
  return readable;
}

export function writableFromWeb(target, options, Writable) {
  if (!(target instanceof WritableStream)) throw invalidType("writableStream", "an instance of WritableStream", target);
  const writer = target.getWriter();
  let closed = false;
  const writable = new Writable({
    objectMode: options?.objectMode,
    highWaterMark: options?.highWaterMark,
    decodeStrings: options?.decodeStrings,
    signal: options?.signal,
    write(chunk, _encoding, callback) {
      writer.ready.then(() => writer.write(chunk)).then(
        () => soon(callback),
        (failure) => soon(callback, failure ?? new AbortError()),
      );
    },
    final(callback) {
      if (closed) return callback();
      return writer.close().then(
        () => soon(callback),
        (failure) => soon(callback, failure),
      );
    },
    destroy(failure, callback) {
      const done = () => soon(callback, failure);
      if (closed || failure === null || failure === undefined) done();
      else writer.abort(failure).then(done, done);
    },
  });
  writer.closed.then(
    () => {
      closed = true;
    },
    (failure) => {
      closed = true;
      writable.destroy(failure);
    },
  );
  return writable;
}

export function readableToWeb(readable, options = {}) {
  if (!readable?._readableState) throw invalidType("streamReadable", "an instance of stream.Readable", readable);
  const isObjects = readable.readableObjectMode;
  const strategy = options.strategy ?? (isObjects ? new CountQueuingStrategy({ highWaterMark: readable.readableHighWaterMark }) : { highWaterMark: readable.readableHighWaterMark, size: (chunk) => chunk?.byteLength ?? 1 });
  let over = false;
  return new ReadableStream(
    {
      start(controller) {
        readable.pause();
        finished(readable, { writable: false }, (failure) => {
          if (over) return;
          over = true;
          if (failure?.code === "ERR_STREAM_PREMATURE_CLOSE") controller.error(new AbortError(undefined, { cause: failure }));
          else if (failure) controller.error(failure);
          else controller.close();
        });
        readable.on("data", (chunk) => {
          if (over) return;
          controller.enqueue(chunk instanceof Buffer && !isObjects ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) : chunk);
          if (controller.desiredSize <= 0) readable.pause();
        });
        readable.pause();
      },
      pull() {
        readable.resume();
      },
      cancel(reason) {
        over = true;
        readable.destroy(reason);
      },
    },
    strategy,
  );
}

export function writableToWeb(writable) {
  if (!writable?._writableState) throw invalidType("streamWritable", "an instance of stream.Writable", writable);
  const highWaterMark = writable.writableHighWaterMark;
  const strategy = writable.writableObjectMode ? new CountQueuingStrategy({ highWaterMark }) : { highWaterMark };
  let over = false;
  let closing;
  return new WritableStream(
    {
      start(controller) {
        finished(writable, { readable: false }, (failure) => {
          over = true;
          if (failure) {
            closing?.reject(failure);
            controller.error(failure);
          } else {
            closing?.resolve();
          }
        });
      },
      write(chunk) {
        if (writable.writableNeedDrain || !writable.write(chunk)) {
          return new Promise((resolve, reject) => {
            const settle = () => {
              writable.off("drain", settle);
              writable.off("close", settle);
              if (writable.errored) reject(writable.errored);
              else resolve();
            };
            writable.on("drain", settle);
            writable.on("close", settle);
          });
        }
        return undefined;
      },
      abort(reason) {
        writable.destroy(reason);
      },
      close() {
        if (over) return undefined;
        closing = Promise.withResolvers();
        writable.end();
        return closing.promise;
      },
    },
    strategy,
  );
}

/** One stream of a readable and a writable one, either of which may be missing. */
export function duplexOfPair(readable, writable, Duplex) {
  if (readable !== undefined && !isNodeStream(readable)) throw invalidType("readable", "an instance of Readable", readable);
  let onDrain;
  let onFinish;
  let onReadable;
  const duplex = new Duplex({
    readable: Boolean(readable),
    writable: Boolean(writable),
    readableObjectMode: readable?.readableObjectMode ?? false,
    writableObjectMode: writable?.writableObjectMode ?? false,
    write(chunk, encoding, callback) {
      if (writable.write(chunk, encoding)) callback();
      else onDrain = callback;
    },
    final(callback) {
      onFinish = callback;
      writable.end();
    },
    read() {
      for (;;) {
        const chunk = readable.read();
        if (chunk === null) {
          onReadable = () => duplex._read();
          return;
        }
        if (!duplex.push(chunk)) return;
      }
    },
    destroy(failure, callback) {
      readable?.destroy(failure);
      writable?.destroy(failure);
      soon(callback, failure);
    },
  });
  const call = (callback, ...args) => callback?.(...args);
  if (writable !== undefined) {
    writable.on("drain", () => {
      const callback = onDrain;
      onDrain = undefined;
      call(callback);
    });
    finished(writable, { readable: false }, (failure) => {
      const callback = onFinish;
      onFinish = undefined;
      if (callback !== undefined) callback(failure);
      else if (failure) duplex.destroy(failure);
    });
  }
  if (readable !== undefined) {
    readable.on("readable", () => {
      const callback = onReadable;
      onReadable = undefined;
      call(callback);
    });
    readable.on("end", () => duplex.push(null));
    finished(readable, { writable: false }, (failure) => {
      if (failure) duplex.destroy(failure);
    });
  }
  return duplex;
}

export const readerOfDuplexToWeb = (duplex) => ({ readable: readableToWeb(duplex), writable: writableToWeb(duplex) });
