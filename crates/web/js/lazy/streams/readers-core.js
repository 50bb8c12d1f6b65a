// The slots and abstract operations of readers, default and BYOB.

import { Deferred, freshResolved, markHandled, rejectedAndHandled } from "./promises.js";
import { List } from "./queue.js";
import { readableStreamCancel } from "./readable-core.js";

/** A record of [[readRequests]] or, for a BYOB reader, [[readIntoRequests]]; the two never occur together. */
class ReaderSlots {
  // The promise of `closed` is made when it is first asked for: most readers never are.
  closed = undefined;
  closedPromise = undefined;
  readRequests = new List();

  constructor(stream, isBYOB) {
    this.isBYOB = isBYOB;
    this.stream = stream;
    stream.reader = this;
  }

  get promiseOfClosed() {
    if (this.closedPromise === undefined) this.#makeClosedPromise();
    return this.closedPromise;
  }

  #makeClosedPromise() {
    const { stream } = this;
    if (stream === undefined) {
      this.closedPromise = rejectedAndHandled(releasedError());
    } else if (stream.state === "closed") {
      this.closedPromise = freshResolved(undefined);
    } else if (stream.state === "errored") {
      this.closedPromise = rejectedAndHandled(stream.storedError);
    } else {
      this.closed = new Deferred();
      this.closedPromise = this.closed.promise;
    }
  }

  resolveClosed() {
    this.closed?.resolve(undefined);
  }

  rejectClosed(error) {
    if (this.closed === undefined) return;
    this.closed.reject(error);
    markHandled(this.closedPromise);
  }

  /** The promise of `closed` rejects from now on, whatever it did. */
  releaseClosed() {
    if (this.closed?.pending) this.rejectClosed(releasedError());
    else this.closedPromise = undefined;
    this.closed = undefined;
  }
}

const releasedError = () => new TypeError("The reader was released: it has no stream any more.");

export function acquireReadableStreamDefaultReader(stream) {
  requireUnlocked(stream, "ReadableStreamDefaultReader");
  return new ReaderSlots(stream, false);
}

export function acquireReadableStreamBYOBReader(stream) {
  requireUnlocked(stream, "ReadableStreamBYOBReader");
  if (!stream.controller.isByteController) {
    throw new TypeError("ReadableStreamBYOBReader: the stream is not a byte stream, so nobody can bring buffers for it to fill.");
  }
  return new ReaderSlots(stream, true);
}

function requireUnlocked(stream, what) {
  if (stream.reader !== undefined) throw new TypeError(`${what}: the ReadableStream is locked to a reader already.`);
}

/** ReadableStreamDefaultReaderRelease and ReadableStreamBYOBReaderRelease. */
export function readableStreamReaderRelease(reader) {
  const { stream } = reader;
  reader.releaseClosed();
  stream.controller.releaseSteps();
  stream.reader = undefined;
  reader.stream = undefined;
  if (reader.readRequests.length === 0) return;
  const error = new TypeError("The reader was released while it was waiting for this read.");
  reader.readRequests.drain((request) => request.errorSteps(error));
}

export function readableStreamReaderGenericCancel(reader, reason) {
  return readableStreamCancel(reader.stream, reason);
}

export function readableStreamDefaultReaderRead(reader, readRequest) {
  const { stream } = reader;
  stream.disturbed = true;
  if (stream.state === "closed") readRequest.closeSteps();
  else if (stream.state === "errored") readRequest.errorSteps(stream.storedError);
  else stream.controller.pullSteps(readRequest);
}

export function readableStreamBYOBReaderRead(reader, view, min, readIntoRequest) {
  const { stream } = reader;
  stream.disturbed = true;
  if (stream.state === "errored") readIntoRequest.errorSteps(stream.storedError);
  else stream.controller.pullInto(view, min, readIntoRequest);
}

/** A read, or a read into a view, whose outcome is a promise of `{ value, done }`. */
export class PromiseReadRequest extends Deferred {
  chunkSteps(chunk) {
    this.resolve({ value: chunk, done: false });
  }

  closeSteps(chunk) {
    this.resolve({ value: chunk, done: true });
  }

  errorSteps(error) {
    this.reject(error);
  }
}

/** The outcome of a default reader's read as a promise; no request is made if a chunk is there already. */
export function readToPromise(reader) {
  const { stream } = reader;
  if (stream.state === "readable") {
    const { controller } = stream;
    if (controller.hasChunk()) {
      stream.disturbed = true;
      return freshResolved({ value: controller.takeChunk(), done: false });
    }
  }
  const readRequest = new PromiseReadRequest();
  readableStreamDefaultReaderRead(reader, readRequest);
  return readRequest.promise;
}
