// The interfaces ReadableStreamDefaultReader and ReadableStreamBYOBReader.

import { defineInterface, isObject, requireArguments, unsignedLongLong } from "../../webidl.js";
import { bufferByteLength, isDetached, isTypedArray, requireView, viewBuffer, viewByteLength, viewElementSize } from "./buffers.js";
import { optionalDictionary } from "./dictionaries.js";
import { promiseRejectedWith } from "./promises.js";
import { slotsOfReadable } from "./readable.js";
import {
  acquireReadableStreamBYOBReader,
  acquireReadableStreamDefaultReader,
  PromiseReadRequest,
  readableStreamBYOBReaderRead,
  readableStreamReaderGenericCancel,
  readableStreamReaderRelease,
  readToPromise,
} from "./readers-core.js";
import { adopt } from "./slots.js";

const releasedError = (what) => new TypeError(`${what}: the reader was released, it has no stream any more.`);
const illegalInvocation = (what) => promiseRejectedWith(new TypeError(`${what}: illegal invocation.`));

export class ReadableStreamDefaultReader {
  #slots;

  constructor(stream) {
    if (stream === adopt) this.#slots = arguments[1];
    else this.#slots = acquireReadableStreamDefaultReader(slotsOfReadable(stream, "ReadableStreamDefaultReader"));
  }

  get closed() {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("ReadableStreamDefaultReader.closed");
    return this.#slots.promiseOfClosed;
  }

  cancel(reason = undefined) {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("ReadableStreamDefaultReader.cancel");
    if (this.#slots.stream === undefined) return promiseRejectedWith(releasedError("ReadableStreamDefaultReader.cancel"));
    return readableStreamReaderGenericCancel(this.#slots, reason);
  }

  read() {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("ReadableStreamDefaultReader.read");
    const reader = this.#slots;
    if (reader.stream === undefined) return promiseRejectedWith(releasedError("ReadableStreamDefaultReader.read"));
    return readToPromise(reader);
  }

  releaseLock() {
    if (this.#slots.stream !== undefined) readableStreamReaderRelease(this.#slots);
  }
}
defineInterface(ReadableStreamDefaultReader);

export class ReadableStreamBYOBReader {
  #slots;

  constructor(stream) {
    if (stream === adopt) this.#slots = arguments[1];
    else this.#slots = acquireReadableStreamBYOBReader(slotsOfReadable(stream, "ReadableStreamBYOBReader"));
  }

  get closed() {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("ReadableStreamBYOBReader.closed");
    return this.#slots.promiseOfClosed;
  }

  cancel(reason = undefined) {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("ReadableStreamBYOBReader.cancel");
    if (this.#slots.stream === undefined) return promiseRejectedWith(releasedError("ReadableStreamBYOBReader.cancel"));
    return readableStreamReaderGenericCancel(this.#slots, reason);
  }

  read(view, options = undefined) {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("ReadableStreamBYOBReader.read");
    try {
      requireArguments(arguments.length, 1, "ReadableStreamBYOBReader.read");
      return this.#readInto(view, minimumOf(options));
    } catch (error) {
      return promiseRejectedWith(error);
    }
  }

  // Cloudflare's earlier name for `read(view, { min })`.
  readAtLeast(min, view) {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("ReadableStreamBYOBReader.readAtLeast");
    try {
      requireArguments(arguments.length, 2, "ReadableStreamBYOBReader.readAtLeast");
      return this.#readInto(view, unsignedLongLong(min, { mode: "enforce", what: "ReadableStreamBYOBReader.readAtLeast: the minimum" }));
    } catch (error) {
      return promiseRejectedWith(error);
    }
  }

  releaseLock() {
    if (this.#slots.stream !== undefined) readableStreamReaderRelease(this.#slots);
  }

  #readInto(view, min) {
    requireFillable(view, min);
    if (this.#slots.stream === undefined) throw releasedError("ReadableStreamBYOBReader.read");
    const readIntoRequest = new PromiseReadRequest();
    readableStreamBYOBReaderRead(this.#slots, view, min, readIntoRequest);
    return readIntoRequest.promise;
  }
}
defineInterface(ReadableStreamBYOBReader);

function minimumOf(options) {
  const { min } = optionalDictionary(options, "ReadableStreamBYOBReader.read: the options");
  return min === undefined ? 1 : unsignedLongLong(min, { mode: "enforce", what: "ReadableStreamBYOBReader.read: 'min'" });
}

function requireFillable(view, min) {
  const what = "ReadableStreamBYOBReader.read";
  requireView(view, `${what}: the view`);
  if (isDetached(viewBuffer(view))) throw new TypeError(`${what}: the view's memory was given away already.`);
  const byteLength = viewByteLength(view);
  if (byteLength === 0) throw new TypeError(`${what}: the view has no room, not a single byte.`);
  if (bufferByteLength(viewBuffer(view)) === 0) throw new TypeError(`${what}: the view's buffer has no bytes.`);
  if (min === 0) throw new TypeError(`${what}: 'min' must be at least 1.`);
  const capacity = isTypedArray(view) ? byteLength / viewElementSize(view) : byteLength;
  if (min > capacity) throw new RangeError(`${what}: 'min' is ${min}, but the view has room for ${capacity}.`);
}
