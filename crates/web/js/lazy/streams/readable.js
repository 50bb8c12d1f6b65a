// The interface ReadableStream.

import { isAbortSignal } from "../../abort.js";
import { showFields } from "../../platform-values.js";
import { defineInterface, enumeration, isObject, requireArguments, unsignedLongLong } from "../../webidl.js";
import { acquireReadableStreamAsyncIterator } from "./async-iterator.js";
import { callbackMember, optionalDictionary } from "./dictionaries.js";
import { readableStreamFromIterable } from "./from.js";
import { readableStreamPipeTo } from "./pipe.js";
import { markHandled, promiseRejectedWith } from "./promises.js";
import { setUpReadableByteStreamControllerFromUnderlyingSource } from "./readable-byte.js";
import { isReadableStreamLocked, readableStreamCancel, ReadableStreamSlots } from "./readable-core.js";
import { setUpReadableStreamDefaultControllerFromUnderlyingSource } from "./readable-default.js";
import { acquireReadableStreamBYOBReader, acquireReadableStreamDefaultReader } from "./readers-core.js";
import { ReadableStreamBYOBReader, ReadableStreamDefaultReader } from "./readers.js";
import { adopt } from "./slots.js";
import { extractHighWaterMark, extractSizeAlgorithm, queuingStrategy } from "./strategies.js";
import { readableStreamTee } from "./tee.js";
import { isWritableStream, slotsOfWritable } from "./writable.js";

let slotsOf;
/** Is this a ReadableStream? */
export let isReadableStream;

export class ReadableStream {
  #slots;

  constructor(underlyingSource = undefined, strategy = undefined) {
    if (underlyingSource === adopt) {
      this.#slots = strategy;
      return;
    }
    if (underlyingSource !== undefined && !isObject(underlyingSource)) {
      throw new TypeError("ReadableStream: the underlying source must be an object.");
    }
    const checkedStrategy = queuingStrategy(strategy, "ReadableStream");
    const source = underlyingSource === undefined ? NO_SOURCE : underlyingSourceMethods(underlyingSource);
    const stream = new ReadableStreamSlots();
    stream.object = this;
    this.#slots = stream;
    if (source.type === "bytes") {
      if (checkedStrategy.size !== undefined) throw new RangeError("ReadableStream: a byte stream's strategy cannot have a size function.");
      const highWaterMark = extractHighWaterMark(checkedStrategy, 0, "ReadableStream");
      setUpReadableByteStreamControllerFromUnderlyingSource(stream, underlyingSource, source, highWaterMark);
    } else {
      const sizeAlgorithm = extractSizeAlgorithm(checkedStrategy);
      const highWaterMark = extractHighWaterMark(checkedStrategy, 1, "ReadableStream");
      setUpReadableStreamDefaultControllerFromUnderlyingSource(stream, underlyingSource, source, highWaterMark, sizeAlgorithm);
    }
  }

  static from(asyncIterable) {
    requireArguments(arguments.length, 1, "ReadableStream.from");
    return objectOfReadable(readableStreamFromIterable(asyncIterable));
  }

  get locked() {
    return isReadableStreamLocked(this.#slots);
  }

  cancel(reason = undefined) {
    if (!isObject(this) || !(#slots in this)) return promiseRejectedWith(new TypeError("ReadableStream.cancel: illegal invocation."));
    if (isReadableStreamLocked(this.#slots)) return promiseRejectedWith(lockedError("ReadableStream.cancel: this stream"));
    return readableStreamCancel(this.#slots, reason);
  }

  getReader(options = undefined) {
    const stream = this.#slots;
    const { mode } = optionalDictionary(options, "ReadableStream.getReader: the options");
    if (mode === undefined) return new ReadableStreamDefaultReader(adopt, acquireReadableStreamDefaultReader(stream));
    enumeration(mode, READER_MODES, "ReadableStream.getReader: the mode");
    return new ReadableStreamBYOBReader(adopt, acquireReadableStreamBYOBReader(stream));
  }

  pipeThrough(transform, options = undefined) {
    const stream = this.#slots;
    const what = "ReadableStream.pipeThrough";
    requireArguments(arguments.length, 1, what);
    const { readable, writable } = readableWritablePair(transform, what);
    const { preventClose, preventAbort, preventCancel, signal } = streamPipeOptions(options, what);
    if (isReadableStreamLocked(stream)) throw lockedError(`${what}: this stream`);
    const destination = slotsOfWritable(writable, what);
    if (destination.writer !== undefined) throw lockedError(`${what}: the writable side`);
    markHandled(readableStreamPipeTo(stream, destination, preventClose, preventAbort, preventCancel, signal));
    return readable;
  }

  pipeTo(destination, options = undefined) {
    const what = "ReadableStream.pipeTo";
    if (!isObject(this) || !(#slots in this)) return promiseRejectedWith(new TypeError(`${what}: illegal invocation.`));
    try {
      requireArguments(arguments.length, 1, what);
      const stream = this.#slots;
      const target = slotsOfWritable(destination, `${what}: the destination`);
      const { preventClose, preventAbort, preventCancel, signal } = streamPipeOptions(options, what);
      if (isReadableStreamLocked(stream)) throw lockedError(`${what}: this stream`);
      if (target.writer !== undefined) throw lockedError(`${what}: the destination`);
      return readableStreamPipeTo(stream, target, preventClose, preventAbort, preventCancel, signal);
    } catch (error) {
      return promiseRejectedWith(error);
    }
  }

  tee() {
    const branches = readableStreamTee(this.#slots, false);
    return [objectOfReadable(branches.first), objectOfReadable(branches.second)];
  }

  values(options = undefined) {
    const stream = this.#slots;
    const { preventCancel } = optionalDictionary(options, "ReadableStream.values: the options");
    return acquireReadableStreamAsyncIterator(stream, !!preventCancel);
  }

  static {
    isReadableStream = (value) => typeof value === "object" && value !== null && #slots in value;
    slotsOf = (stream) => stream.#slots;
  }
}
defineInterface(ReadableStream);
showFields(isReadableStream, ReadableStream, ["locked"]);
Object.defineProperty(ReadableStream, "from", { enumerable: true });
Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, {
  value: ReadableStream.prototype.values,
  writable: true,
  enumerable: false,
  configurable: true,
});

/** The record of a ReadableStream. Throws a TypeError for anything else. */
export function slotsOfReadable(value, what) {
  if (!isReadableStream(value)) throw new TypeError(`${what}: the value is not a ReadableStream.`);
  return slotsOf(value);
}

/** The ReadableStream of a record. */
export function objectOfReadable(stream) {
  return (stream.object ??= new ReadableStream(adopt, stream));
}

const READER_MODES = ["byob"];
const SOURCE_TYPES = ["bytes"];
const NO_SOURCE = { __proto__: null };

const lockedError = (what) => new TypeError(`${what} is locked to a reader or writer.`);

// The UnderlyingSource dictionary; its members are read in the order of their names.
function underlyingSourceMethods(source) {
  const what = "ReadableStream: the underlying source";
  let { autoAllocateChunkSize } = source;
  if (autoAllocateChunkSize !== undefined) {
    autoAllocateChunkSize = unsignedLongLong(autoAllocateChunkSize, { mode: "enforce", what: "ReadableStream: autoAllocateChunkSize" });
  }
  const cancel = callbackMember(source, "cancel", what);
  const pull = callbackMember(source, "pull", what);
  const start = callbackMember(source, "start", what);
  let { type } = source;
  if (type !== undefined) type = enumeration(type, SOURCE_TYPES, "ReadableStream: the underlying source's type");
  return { __proto__: null, autoAllocateChunkSize, cancel, pull, start, type };
}

function readableWritablePair(transform, what) {
  const pair = optionalDictionary(transform, `${what}: the transform`);
  const { readable } = pair;
  if (!isReadableStream(readable)) throw new TypeError(`${what}: the transform's readable side is not a ReadableStream.`);
  const { writable } = pair;
  if (!isWritableStream(writable)) throw new TypeError(`${what}: the transform's writable side is not a WritableStream.`);
  return { readable, writable };
}

function streamPipeOptions(value, what) {
  const options = optionalDictionary(value, `${what}: the options`);
  const preventAbort = !!options.preventAbort;
  const preventCancel = !!options.preventCancel;
  const preventClose = !!options.preventClose;
  const { signal } = options;
  if (signal !== undefined && !isAbortSignal(signal)) throw new TypeError(`${what}: the signal is not an AbortSignal.`);
  return { preventAbort, preventCancel, preventClose, signal };
}
