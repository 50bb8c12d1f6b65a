// The interfaces WritableStream and WritableStreamDefaultWriter.

import { showFields } from "../../platform-values.js";
import { defineInterface, isObject } from "../../webidl.js";
import { callbackMember } from "./dictionaries.js";
import { Deferred, promiseRejectedWith } from "./promises.js";
import { adopt } from "./slots.js";
import { extractHighWaterMark, extractSizeAlgorithm, queuingStrategy } from "./strategies.js";
import { setUpWritableStreamDefaultControllerFromUnderlyingSink } from "./writable-controller.js";
import {
  writableStreamAbort,
  writableStreamClose,
  writableStreamCloseQueuedOrInFlight,
  writableStreamDefaultWriterGetDesiredSize,
  writableStreamDefaultWriterRelease,
  writableStreamDefaultWriterWrite,
  WritableStreamSlots,
  WriterSlots,
} from "./writable-core.js";

let slotsOf;
/** Is this a WritableStream? */
export let isWritableStream;

const illegalInvocation = (what) => promiseRejectedWith(new TypeError(`${what}: illegal invocation.`));

export class WritableStream {
  #slots;

  constructor(underlyingSink = undefined, strategy = undefined) {
    if (underlyingSink === adopt) {
      this.#slots = strategy;
      return;
    }
    if (underlyingSink !== undefined && !isObject(underlyingSink)) throw new TypeError("WritableStream: the underlying sink must be an object.");
    const checkedStrategy = queuingStrategy(strategy, "WritableStream");
    const sink = underlyingSink === undefined ? NO_SINK : underlyingSinkMethods(underlyingSink);
    const stream = new WritableStreamSlots();
    stream.object = this;
    this.#slots = stream;
    const sizeAlgorithm = extractSizeAlgorithm(checkedStrategy);
    const highWaterMark = extractHighWaterMark(checkedStrategy, 1, "WritableStream");
    setUpWritableStreamDefaultControllerFromUnderlyingSink(stream, underlyingSink, sink, highWaterMark, sizeAlgorithm);
  }

  get locked() {
    return this.#slots.writer !== undefined;
  }

  abort(reason = undefined) {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("WritableStream.abort");
    if (this.#slots.writer !== undefined) return promiseRejectedWith(lockedError("WritableStream.abort"));
    return writableStreamAbort(this.#slots, reason);
  }

  close() {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("WritableStream.close");
    if (this.#slots.writer !== undefined) return promiseRejectedWith(lockedError("WritableStream.close"));
    if (writableStreamCloseQueuedOrInFlight(this.#slots)) return promiseRejectedWith(closingError("WritableStream.close"));
    return writableStreamClose(this.#slots);
  }

  getWriter() {
    return new WritableStreamDefaultWriter(adopt, new WriterSlots(this.#slots));
  }

  static {
    isWritableStream = (value) => typeof value === "object" && value !== null && #slots in value;
    slotsOf = (stream) => stream.#slots;
  }
}
defineInterface(WritableStream);
showFields(isWritableStream, WritableStream, ["locked"]);

/** The record of a WritableStream. Throws a TypeError for anything else. */
export function slotsOfWritable(value, what) {
  if (!isWritableStream(value)) throw new TypeError(`${what} is not a WritableStream.`);
  return slotsOf(value);
}

/** The WritableStream of a record. */
export function objectOfWritable(stream) {
  return (stream.object ??= new WritableStream(adopt, stream));
}

const NO_SINK = { __proto__: null };

const lockedError = (what) => new TypeError(`${what}: the stream is locked to a writer.`);
const closingError = (what) => new TypeError(`${what}: the stream is closing or closed already.`);
const releasedError = (what) => new TypeError(`${what}: the writer was released, it has no stream any more.`);

// The UnderlyingSink dictionary; its members are read in the order of their names.
function underlyingSinkMethods(sink) {
  const what = "WritableStream: the underlying sink";
  const abort = callbackMember(sink, "abort", what);
  const close = callbackMember(sink, "close", what);
  const start = callbackMember(sink, "start", what);
  if (sink.type !== undefined) throw new RangeError(`${what} has a type, but none is defined.`);
  const write = callbackMember(sink, "write", what);
  return { __proto__: null, abort, close, start, write };
}

export class WritableStreamDefaultWriter {
  #slots;

  constructor(stream) {
    if (stream === adopt) this.#slots = arguments[1];
    else this.#slots = new WriterSlots(slotsOfWritable(stream, "WritableStreamDefaultWriter: the value"));
  }

  get closed() {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("WritableStreamDefaultWriter.closed");
    return this.#slots.promiseOfClosed;
  }

  get desiredSize() {
    const writer = this.#slots;
    if (writer.stream === undefined) throw releasedError("WritableStreamDefaultWriter.desiredSize");
    return writableStreamDefaultWriterGetDesiredSize(writer);
  }

  get ready() {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("WritableStreamDefaultWriter.ready");
    return this.#slots.promiseOfReady;
  }

  abort(reason = undefined) {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("WritableStreamDefaultWriter.abort");
    const { stream } = this.#slots;
    if (stream === undefined) return promiseRejectedWith(releasedError("WritableStreamDefaultWriter.abort"));
    return writableStreamAbort(stream, reason);
  }

  close() {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("WritableStreamDefaultWriter.close");
    const { stream } = this.#slots;
    if (stream === undefined) return promiseRejectedWith(releasedError("WritableStreamDefaultWriter.close"));
    if (writableStreamCloseQueuedOrInFlight(stream)) return promiseRejectedWith(closingError("WritableStreamDefaultWriter.close"));
    return writableStreamClose(stream);
  }

  releaseLock() {
    if (this.#slots.stream !== undefined) writableStreamDefaultWriterRelease(this.#slots);
  }

  write(chunk = undefined) {
    if (!isObject(this) || !(#slots in this)) return illegalInvocation("WritableStreamDefaultWriter.write");
    const writer = this.#slots;
    if (writer.stream === undefined) return promiseRejectedWith(releasedError("WritableStreamDefaultWriter.write"));
    const writeRequest = new Deferred();
    writableStreamDefaultWriterWrite(writer, chunk, writeRequest);
    return writeRequest.promise;
  }
}
defineInterface(WritableStreamDefaultWriter);
