// `node:stream`.
import { Buffer } from "./buffer.js";
import { promisify } from "./util.js";
import { addAbortSignal } from "./internal/streams/abort.js";
import { Duplex, PassThrough, Transform } from "./internal/streams/duplex.js";
import { finished, finishedPromise } from "./internal/streams/finished.js";
import { Stream } from "./internal/streams/legacy.js";
import { pipeline, pipelinePromise, run } from "./internal/streams/pipeline.js";
import { Readable } from "./internal/streams/readable.js";
import { destroy, getDefaultHighWaterMark, isNodeStream, isReadable, setDefaultHighWaterMark, soon } from "./internal/streams/lifecycle.js";
import { duplexOfPair, readableFromWeb, readableToWeb, readerOfDuplexToWeb, writableFromWeb, writableToWeb } from "./internal/streams/web.js";
import { Writable } from "./internal/streams/writable.js";

Readable.fromWeb = (source, options) => readableFromWeb(source, options, Readable);
Readable.toWeb = readableToWeb;
Writable.fromWeb = (target, options) => writableFromWeb(target, options, Writable);
Writable.toWeb = writableToWeb;
Duplex.fromWeb = (pair, options) => duplexOfPair(readableFromWeb(pair.readable, options, Readable), writableFromWeb(pair.writable, options, Writable), Duplex);
Duplex.toWeb = readerOfDuplexToWeb;

/** One stream of several, one behind the other. */
export function compose(...stages) {
  if (stages.length === 1) return Duplex.from(stages[0]);
  const head = typeof stages[0] === "function" || !isNodeStream(stages[0]) ? Duplex.from(stages[0]) : stages[0];
  const last = stages.at(-1);
  const tail = typeof last === "function" || !isNodeStream(last) ? Duplex.from(last) : last;
  const duplex = duplexOfPair(tail._readableState ? tail : undefined, head._writableState ? head : undefined, Duplex);
  run([head, ...stages.slice(1, -1), tail], (failure) => failure && duplex.destroy(failure), {});
  return duplex;
}

export const isDestroyed = (stream) => Boolean(stream?.destroyed || stream?._readableState?.destroyed || stream?._writableState?.destroyed);
export const isErrored = (stream) => Boolean(stream && (stream.errored || stream._readableState?.errored || stream._writableState?.errored));
export const isDisturbed = (stream) => Boolean(stream && (stream.readableDidRead || stream.readableAborted));
const promises = { finished: finishedPromise, pipeline: pipelinePromise };

Object.defineProperty(finished, promisify.custom, { enumerable: true, value: finishedPromise });
Object.defineProperty(pipeline, promisify.custom, { enumerable: true, value: pipelinePromise });
Object.defineProperty(Stream, "promises", { configurable: true, enumerable: true, get: () => promises });
Readable.prototype.compose = function (stage) {
  return compose(this, stage);
};

/** Two streams: what is written to one is read from the other. */
export function duplexPair(options) {
  const make = (other) => {
    const side = new Duplex({
      ...options,
      read() {
        const callback = side.waiting;
        side.waiting = undefined;
        callback?.();
      },
      write(chunk, _encoding, callback) {
        if (chunk.length === 0) return soon(callback);
        other().waiting = callback;
        other().push(chunk);
        return undefined;
      },
      final(callback) {
        other().once("end", callback);
        other().push(null);
      },
    });
    return side;
  };
  const sides = [make(() => sides[1]), make(() => sides[0])];
  return sides;
}

Object.assign(Stream, {
  Duplex,
  PassThrough,
  Readable,
  Stream,
  Transform,
  Writable,
  _isUint8Array: (value) => value instanceof Uint8Array,
  _uint8ArrayToBuffer: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  addAbortSignal,
  compose,
  _isArrayBufferView: ArrayBuffer.isView,
  destroy: (stream, failure) => (stream._readableState || stream._writableState ? destroy.call(stream, failure) : stream.destroy?.(failure)),
  duplexPair,
  finished,
  getDefaultHighWaterMark,
  isDestroyed,
  isDisturbed,
  isErrored,
  isReadable: (stream) => (isNodeStream(stream) ? Boolean(isReadable(stream) && stream.readable !== false && !isDestroyed(stream)) : null),
  isWritable: (stream) => (stream?._writableState ? Boolean(stream.writable) : null),
  pipeline,
  setDefaultHighWaterMark,
});

const { destroy: destroyStream, isReadable: isStreamReadable } = Stream;
export const { isWritable } = Stream;
export { Duplex, PassThrough, Readable, Stream, Transform, Writable, addAbortSignal, finished, getDefaultHighWaterMark, isStreamReadable as isReadable, pipeline, promises, setDefaultHighWaterMark, destroyStream as destroy };
export default Stream;
