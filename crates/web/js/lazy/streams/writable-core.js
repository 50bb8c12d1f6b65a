// The slots and abstract operations of writable streams and their writers. A write request is anything with
// resolve() and reject(error): the Deferred of a tenant's write, or the pipe that wrote.

import { Deferred, freshResolved, markHandled, promiseRejectedWith, rejectedAndHandled, resolvedUndefined, upon } from "./promises.js";
import { List } from "./queue.js";
import {
  signalControllerAborted,
  writableStreamDefaultControllerClose,
  writableStreamDefaultControllerGetChunkSize,
  writableStreamDefaultControllerWrite,
} from "./writable-controller.js";

export class WritableStreamSlots {
  state = "writable";
  storedError = undefined;
  backpressure = false;
  writer = undefined;
  controller = undefined;
  writeRequests = new List();
  inFlightWriteRequest = undefined;
  closeRequest = undefined;
  inFlightCloseRequest = undefined;
  pendingAbortRequest = undefined;
  object = undefined;
}

export function writableStreamAbort(stream, reason) {
  if (isOver(stream)) return freshResolved(undefined);
  signalControllerAborted(stream.controller, reason);
  // The signal's listeners may have done anything.
  if (isOver(stream)) return freshResolved(undefined);
  if (stream.pendingAbortRequest !== undefined) return stream.pendingAbortRequest.deferred.promise;
  const wasAlreadyErroring = stream.state === "erroring";
  const deferred = new Deferred();
  stream.pendingAbortRequest = { deferred, reason: wasAlreadyErroring ? undefined : reason, wasAlreadyErroring };
  if (!wasAlreadyErroring) writableStreamStartErroring(stream, reason);
  return deferred.promise;
}

const isOver = (stream) => stream.state === "closed" || stream.state === "errored";

export function writableStreamClose(stream) {
  if (isOver(stream)) return promiseRejectedWith(new TypeError(`The WritableStream cannot be closed: it is ${stream.state}.`));
  const deferred = new Deferred();
  stream.closeRequest = deferred;
  const { writer } = stream;
  if (writer !== undefined && stream.backpressure && stream.state === "writable") writer.resolveReady();
  writableStreamDefaultControllerClose(stream.controller);
  return deferred.promise;
}

export function writableStreamCloseQueuedOrInFlight(stream) {
  return stream.closeRequest !== undefined || stream.inFlightCloseRequest !== undefined;
}

export function writableStreamDealWithRejection(stream, error) {
  if (stream.state === "writable") writableStreamStartErroring(stream, error);
  else writableStreamFinishErroring(stream);
}

export function writableStreamStartErroring(stream, reason) {
  stream.state = "erroring";
  stream.storedError = reason;
  stream.writer?.ensureReadyRejected(reason);
  if (!hasOperationMarkedInFlight(stream) && stream.controller.started) writableStreamFinishErroring(stream);
}

export function writableStreamFinishErroring(stream) {
  stream.state = "errored";
  stream.controller.errorSteps();
  const { storedError } = stream;
  stream.writeRequests.drain((writeRequest) => writeRequest.reject(storedError));
  const abortRequest = stream.pendingAbortRequest;
  stream.pendingAbortRequest = undefined;
  if (abortRequest === undefined) {
    rejectCloseAndClosedPromiseIfNeeded(stream);
    return;
  }
  if (abortRequest.wasAlreadyErroring) {
    abortRequest.deferred.reject(storedError);
    rejectCloseAndClosedPromiseIfNeeded(stream);
    return;
  }
  upon(
    stream.controller.abortSteps(abortRequest.reason),
    () => {
      abortRequest.deferred.resolve(undefined);
      rejectCloseAndClosedPromiseIfNeeded(stream);
    },
    (error) => {
      abortRequest.deferred.reject(error);
      rejectCloseAndClosedPromiseIfNeeded(stream);
    },
  );
}

export function writableStreamFinishInFlightClose(stream) {
  stream.inFlightCloseRequest.resolve(undefined);
  stream.inFlightCloseRequest = undefined;
  if (stream.state === "erroring") {
    // Whatever went wrong came too late: the close was successful.
    stream.storedError = undefined;
    stream.pendingAbortRequest?.deferred.resolve(undefined);
    stream.pendingAbortRequest = undefined;
  }
  stream.state = "closed";
  stream.writer?.resolveClosed();
}

export function writableStreamFinishInFlightCloseWithError(stream, error) {
  stream.inFlightCloseRequest.reject(error);
  stream.inFlightCloseRequest = undefined;
  stream.pendingAbortRequest?.deferred.reject(error);
  stream.pendingAbortRequest = undefined;
  writableStreamDealWithRejection(stream, error);
}

export function writableStreamFinishInFlightWrite(stream) {
  const writeRequest = stream.inFlightWriteRequest;
  stream.inFlightWriteRequest = undefined;
  writeRequest.resolve(undefined);
}

export function writableStreamFinishInFlightWriteWithError(stream, error) {
  const writeRequest = stream.inFlightWriteRequest;
  stream.inFlightWriteRequest = undefined;
  writeRequest.reject(error);
  writableStreamDealWithRejection(stream, error);
}

export function writableStreamMarkCloseRequestInFlight(stream) {
  stream.inFlightCloseRequest = stream.closeRequest;
  stream.closeRequest = undefined;
}

export function writableStreamMarkFirstWriteRequestInFlight(stream) {
  stream.inFlightWriteRequest = stream.writeRequests.shift();
}

export function writableStreamUpdateBackpressure(stream, backpressure) {
  const { writer } = stream;
  if (writer !== undefined && backpressure !== stream.backpressure) {
    if (backpressure) writer.renewReady();
    else writer.resolveReady();
  }
  stream.backpressure = backpressure;
}

function hasOperationMarkedInFlight(stream) {
  return stream.inFlightWriteRequest !== undefined || stream.inFlightCloseRequest !== undefined;
}

function rejectCloseAndClosedPromiseIfNeeded(stream) {
  stream.closeRequest?.reject(stream.storedError);
  stream.closeRequest = undefined;
  stream.writer?.ensureClosedRejected(stream.storedError);
}

export class WriterSlots {
  // The promises of `ready` and `closed`. Those that would be pending or fulfilled are made when they are first asked
  // for; a rejected one is made at once, because the state of the stream may move on and forget the reason.
  ready = undefined;
  readyPromise = undefined;
  closed = undefined;
  closedPromise = undefined;
  // Called when backpressure ends; a pipe waits for this rather than for a promise of `ready` for every chunk.
  onReady = undefined;

  constructor(stream) {
    if (stream.writer !== undefined) throw new TypeError("WritableStreamDefaultWriter: the WritableStream is locked to a writer already.");
    this.stream = stream;
    stream.writer = this;
    if (stream.state === "erroring" || stream.state === "errored") this.readyPromise = rejectedAndHandled(stream.storedError);
    if (stream.state === "errored") this.closedPromise = rejectedAndHandled(stream.storedError);
  }

  get promiseOfReady() {
    if (this.readyPromise === undefined) {
      const { stream } = this;
      if (stream.state === "writable" && stream.backpressure && !writableStreamCloseQueuedOrInFlight(stream)) {
        this.ready = new Deferred();
        this.readyPromise = this.ready.promise;
      } else {
        this.readyPromise = freshResolved(undefined);
      }
    }
    return this.readyPromise;
  }

  get promiseOfClosed() {
    if (this.closedPromise === undefined) {
      if (this.stream.state === "closed") {
        this.closedPromise = freshResolved(undefined);
      } else {
        this.closed = new Deferred();
        this.closedPromise = this.closed.promise;
      }
    }
    return this.closedPromise;
  }

  renewReady() {
    this.ready = undefined;
    this.readyPromise = undefined;
  }

  resolveReady() {
    this.ready?.resolve(undefined);
    this.onReady?.();
  }

  resolveClosed() {
    this.closed?.resolve(undefined);
  }

  ensureReadyRejected(error) {
    if (this.ready?.pending) {
      this.ready.reject(error);
      markHandled(this.readyPromise);
    } else {
      this.readyPromise = rejectedAndHandled(error);
    }
  }

  ensureClosedRejected(error) {
    if (this.closed?.pending) {
      this.closed.reject(error);
      markHandled(this.closedPromise);
    } else {
      this.closedPromise = rejectedAndHandled(error);
    }
  }
}

export function writableStreamDefaultWriterCloseWithErrorPropagation(writer) {
  const { stream } = writer;
  if (writableStreamCloseQueuedOrInFlight(stream) || stream.state === "closed") return resolvedUndefined;
  if (stream.state === "errored") return promiseRejectedWith(stream.storedError);
  return writableStreamClose(stream);
}

export function writableStreamDefaultWriterGetDesiredSize(writer) {
  const { stream } = writer;
  if (stream.state === "errored" || stream.state === "erroring") return null;
  if (stream.state === "closed") return 0;
  return stream.controller.desiredSize;
}

export function writableStreamDefaultWriterRelease(writer) {
  const { stream } = writer;
  const error = new TypeError("The writer was released: it has no stream any more.");
  writer.ensureReadyRejected(error);
  writer.ensureClosedRejected(error);
  stream.writer = undefined;
  writer.stream = undefined;
}

/** WritableStreamDefaultWriterWrite. Its outcome is told to `writeRequest`. */
export function writableStreamDefaultWriterWrite(writer, chunk, writeRequest) {
  const { stream } = writer;
  const { controller } = stream;
  const chunkSize = writableStreamDefaultControllerGetChunkSize(controller, chunk);
  // The strategy's size() may have done anything.
  if (stream !== writer.stream) {
    writeRequest.reject(new TypeError("The writer was released before its chunk was written."));
  } else if (stream.state === "errored") {
    writeRequest.reject(stream.storedError);
  } else if (stream.state === "closed" || writableStreamCloseQueuedOrInFlight(stream)) {
    writeRequest.reject(new TypeError("The WritableStream is closing or closed: nothing can be written to it."));
  } else if (stream.state === "erroring") {
    writeRequest.reject(stream.storedError);
  } else {
    stream.writeRequests.push(writeRequest);
    writableStreamDefaultControllerWrite(controller, chunk, chunkSize);
  }
}
