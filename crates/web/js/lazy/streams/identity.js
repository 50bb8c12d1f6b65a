// IdentityTransformStream and FixedLengthStream, as Cloudflare Workers have them: bytes go in, the same bytes come out.
// The readable side is a byte stream. Nothing is buffered: a write is done when all of its bytes were read.

import { defineInterface, unsignedLongLong } from "../../webidl.js";
import { bytesOver, viewByteLength, Bytes } from "./buffers.js";
import { alwaysResolved, Deferred, promiseRejectedWith, resolvedUndefined } from "./promises.js";
import {
  createReadableByteStreamSlots,
  readableByteStreamControllerEnqueueOwned,
  readableByteStreamControllerError,
} from "./readable-byte-core.js";
import { readableStreamHasWaitingReads } from "./readable-core.js";
import { adopt } from "./slots.js";
import { extractHighWaterMark, queuingStrategy, sizeInBytes, sizeOfOne } from "./strategies.js";
import { TransformStream } from "./transform.js";
import { createWritableStream, writableStreamDefaultControllerErrorIfNeeded } from "./writable-controller.js";

export class IdentityTransformStream extends TransformStream {
  constructor(strategy = undefined) {
    super(adopt, strategy === adopt ? arguments[1] : new Passage("IdentityTransformStream", strategy, undefined));
  }
}
defineInterface(IdentityTransformStream);

export class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength, strategy = undefined) {
    super(adopt, new Passage("FixedLengthStream", strategy, requireLength(expectedLength)));
  }
}
defineInterface(FixedLengthStream);

function requireLength(value) {
  const what = "FixedLengthStream: the expected length";
  if (typeof value === "bigint") {
    if (value < 0n || value > 9007199254740991n) throw new TypeError(`${what} must be an integer from 0 to 2^53 - 1.`);
    return Number(value);
  }
  return unsignedLongLong(value, { mode: "enforce", what });
}

// The records of both sides and what is between them: at most one write, whose bytes wait for a reader.
class Passage {
  // The bytes of the write that no read has asked for yet.
  bytes = undefined;
  // The write that goes on until the readable side has no byte of it left.
  write = undefined;

  constructor(what, strategy, expectedLength) {
    this.what = what;
    this.expectedLength = expectedLength;
    this.bytesLeft = expectedLength;
    const checked = queuingStrategy(strategy, what);
    const countsBytes = checked.highWaterMark !== undefined;
    this.readable = createReadableByteStreamSlots(() => this.#pull(), (reason) => this.#cancel(reason));
    this.readable.expectedLength = expectedLength;
    this.readable.controller.onDrained = () => this.#drained();
    this.writable = createWritableStream(
      () => undefined,
      (chunk) => this.#accept(chunk),
      () => this.#close(),
      alwaysResolved,
      extractHighWaterMark(checked, 1, what),
      countsBytes ? sizeInBytes : sizeOfOne,
    );
    this.writable.controller.onAbort = (reason) => this.#abort(reason);
  }

  #accept(chunk) {
    const bytes = bytesOver(chunk);
    if (bytes === undefined) return this.#fail(notBytes(this.what, chunk));
    const length = viewByteLength(bytes);
    if (length === 0) return resolvedUndefined;
    if (this.bytesLeft !== undefined) {
      if (length > this.bytesLeft) return this.#fail(new TypeError("Attempt to write too many bytes through a FixedLengthStream."));
      this.bytesLeft -= length;
    }
    // A copy, since the writer keeps its memory and may change it as soon as its bytes were read.
    this.bytes = new Bytes(bytes);
    this.write = new Deferred();
    const { promise } = this.write;
    if (readableStreamHasWaitingReads(this.readable)) this.#handOver();
    return promise;
  }

  #pull() {
    if (this.bytes !== undefined) this.#handOver();
    else if (this.readable.controller.queueTotalSize === 0) this.#drained();
    return resolvedUndefined;
  }

  #handOver() {
    const { bytes } = this;
    const { controller } = this.readable;
    this.bytes = undefined;
    readableByteStreamControllerEnqueueOwned(controller, bytes);
    if (controller.queueTotalSize === 0) this.#drained();
  }

  #drained() {
    this.#settleWrite((write) => write.resolve(undefined));
  }

  #settleWrite(settle) {
    const { write } = this;
    this.write = undefined;
    this.bytes = undefined;
    if (write !== undefined) settle(write);
  }

  #close() {
    if (this.bytesLeft > 0) return this.#fail(new TypeError("FixedLengthStream did not see all expected bytes before close()."));
    try {
      this.readable.controller.close();
      return resolvedUndefined;
    } catch (error) {
      return promiseRejectedWith(error);
    }
  }

  #fail(error) {
    readableByteStreamControllerError(this.readable.controller, error);
    return promiseRejectedWith(error);
  }

  // As soon as abort() is called, not when the write that goes on is done: that may wait for a reader for ever.
  #abort(reason) {
    readableByteStreamControllerError(this.readable.controller, reason);
    this.#settleWrite((write) => write.reject(reason));
  }

  #cancel(reason) {
    writableStreamDefaultControllerErrorIfNeeded(this.writable.controller, reason);
    this.#settleWrite((write) => write.reject(reason));
    return resolvedUndefined;
  }
}

function notBytes(what, chunk) {
  if (typeof chunk === "string") {
    return new TypeError(`${what} takes bytes, but a string was written to it. Encode it with TextEncoder, or pipe through a TextEncoderStream.`);
  }
  return new TypeError(`${what} takes bytes, but something that is neither an ArrayBuffer nor a view on one was written to it.`);
}
