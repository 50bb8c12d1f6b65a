// What bodies need of streams: streams over a native source, which are read only if somebody wants to see their bytes,
// and reading without the interfaces' objects in between.

import { bytesOver, Bytes, setBytes, viewByteLength } from "./buffers.js";
import { alwaysResolved, Deferred, invokePromise, markHandled, promiseRejectedWith, resolvedUndefined, transformPromise } from "./promises.js";
import { readableStreamFromIterable } from "./from.js";
import { List } from "./queue.js";
import { ByteControllerSlots } from "./readable-byte-core.js";
import { readableStreamCancel, ReadableStreamSlots } from "./readable-core.js";
import { objectOfReadable, slotsOfReadable } from "./readable.js";
import {
  acquireReadableStreamDefaultReader,
  readableStreamDefaultReaderRead,
  readableStreamReaderRelease,
  readToPromise,
} from "./readers-core.js";
import { ownMember } from "./slots.js";
import { readableStreamTee } from "./tee.js";

const { apply } = Reflect;
const NativePromise = Promise;

const slots = (stream) => slotsOfReadable(stream, "a stream of the platform");

/**
 * A byte stream over a source of this room's own, which is asked for bytes only when somebody waits for some.
 * - `read()` gives the next Uint8Array or undefined at the end, or a promise of that; or, in its place,
 * - `pull(controller)` calls the controller's enqueue(uint8Array), close() or error(reason), now or later.
 * - `cancel(reason)` gives the source up.
 * - `source` is what takeNativeSource gives away.
 * The memory of the chunks must belong to nobody else.
 */
export function createReadableByteStream(options) {
  const read = ownMember(options, "read");
  const pull = ownMember(options, "pull");
  const cancel = ownMember(options, "cancel");
  const stream = new ReadableStreamSlots();
  stream.source = ownMember(options, "source");
  const controller = new ByteControllerSlots(stream, alwaysResolved, alwaysResolved, 0, undefined);
  if (read !== undefined) {
    const onChunk = (chunk) => (chunk === undefined ? controller.close() : controller.enqueue(chunk));
    controller.pullAlgorithm = () => {
      let chunk;
      try {
        chunk = apply(read, options, []);
        if (chunk instanceof NativePromise) return transformPromise(chunk, onChunk);
        // What is there already is not awaited: that would look for a `then` among its properties.
        onChunk(chunk);
      } catch (error) {
        return promiseRejectedWith(error);
      }
      return resolvedUndefined;
    };
  } else if (pull !== undefined) {
    controller.pullAlgorithm = () => invokePromise(pull, options, [controller]);
  }
  if (cancel !== undefined) controller.cancelAlgorithm = (reason) => invokePromise(cancel, options, [reason]);
  controller.started = true;
  return objectOfReadable(stream);
}

export function setNativeSource(stream, source) {
  slots(stream).source = source;
}

/**
 * The source of a stream from which nobody has read and nobody is reading, else undefined. The stream then is as if it
 * had been read to its end by a reader that stays.
 */
export function takeNativeSource(object) {
  const stream = slots(object);
  const { source } = stream;
  if (source === undefined || stream.disturbed || stream.reader !== undefined || stream.state !== "readable") return undefined;
  acquireReadableStreamDefaultReader(stream);
  stream.disturbed = true;
  stream.source = undefined;
  stream.controller.close();
  return source;
}

/** A stream of what an iterable gives. */
export const streamFrom = (iterable) => objectOfReadable(readableStreamFromIterable(iterable));

export const isDisturbed = (stream) => slots(stream).disturbed;

export const isLocked = (stream) => slots(stream).reader !== undefined;

/** How many bytes the stream will give, if that is certain: of a FixedLengthStream. */
export const expectedLengthOf = (stream) => slots(stream).expectedLength;

/** Cancels a stream even if it is locked. */
export function cancelStream(stream, reason) {
  return readableStreamCancel(slots(stream), reason);
}

/** Breaks a stream off, as its source could. */
export function errorStream(object, reason) {
  const stream = slots(object);
  stream.controller.error(reason);
}

/** Two streams in place of one. Each gets chunks of its own: the second gets clones. */
export function teeForBody(stream) {
  const { first, second } = readableStreamTee(slots(stream), true);
  return [objectOfReadable(first), objectOfReadable(second)];
}

/** Locks a stream to a reader that no tenant can reach. */
export function acquireInternalReader(stream) {
  return new InternalReader(acquireReadableStreamDefaultReader(slots(stream)));
}

class InternalReader {
  #reader;

  constructor(reader) {
    this.#reader = reader;
  }

  /** A promise of `{ value, done }`. */
  read() {
    return readToPromise(this.#reader);
  }

  /** A promise that is fulfilled when the stream ends and rejected when it breaks off. */
  get closed() {
    return this.#reader.promiseOfClosed;
  }

  cancel(reason) {
    return readableStreamCancel(this.#reader.stream, reason);
  }

  release() {
    if (this.#reader.stream !== undefined) readableStreamReaderRelease(this.#reader);
  }
}

/**
 * The bytes of the whole stream, as a promise of what `made` makes of one Uint8Array that belongs to the caller. Why not a
 * promise of the bytes: a promise asks an object for its `then`, which may be the tenant's.
 */
export function readAllBytes(stream, made = (bytes) => bytes) {
  return new Collection(acquireReadableStreamDefaultReader(slots(stream)), made).promise;
}

// The read request of all its reads: nothing but the chunks themselves is kept for each.
class Collection extends Deferred {
  #reader;
  #chunks = new List();
  #length = 0;
  #made;

  constructor(reader, made) {
    super();
    this.#reader = reader;
    this.#made = made;
    this.#readOn();
  }

  // A loop, since a stream with thousands of chunks in its queue gives all of them in one turn.
  #readOn() {
    const { stream } = this.#reader;
    stream.disturbed = true;
    while (stream.state === "readable" && stream.controller.hasChunk()) {
      if (!this.#take(stream.controller.takeChunk())) return;
    }
    readableStreamDefaultReaderRead(this.#reader, this);
  }

  #take(chunk) {
    const bytes = bytesOver(chunk);
    if (bytes === undefined) {
      this.#refuse();
      return false;
    }
    this.#chunks.push(bytes);
    this.#length += viewByteLength(bytes);
    return true;
  }

  chunkSteps(chunk) {
    if (this.#take(chunk)) this.#readOn();
  }

  closeSteps() {
    try {
      const made = this.#made;
      this.resolve(made(this.#joined()));
    } catch (error) {
      // A tenant has detached or resized the memory of a chunk that it had enqueued.
      this.reject(error);
    }
  }

  errorSteps(error) {
    this.reject(error);
  }

  #refuse() {
    const error = new TypeError("The stream gave a chunk that is not bytes (an ArrayBuffer or a view on one), so it cannot be read as a body.");
    this.reject(error);
    markHandled(readableStreamCancel(this.#reader.stream, error));
  }

  #joined() {
    // The chunks of a byte stream belong to its reader; any others may still be in somebody's hands.
    if (this.#chunks.length === 1 && this.#reader.stream.controller.isByteController) return this.#chunks.peek();
    const whole = new Bytes(this.#length);
    let offset = 0;
    this.#chunks.drain((bytes) => {
      setBytes(whole, bytes, offset);
      offset += viewByteLength(bytes);
    });
    return whole;
  }
}
