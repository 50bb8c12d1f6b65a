// ReadableStreamPipeTo: moves chunks from a readable to a writable stream as long as that wants any, and carries the
// end or the failure of one to the other.

import { abortReason, addAbortAlgorithm, isAborted, removeAbortAlgorithm } from "../../abort.js";
import { Deferred, queueMicrotaskSteps, resolvedUndefined, upon, uponRejection, waitForBoth } from "./promises.js";
import { readableStreamCancel } from "./readable-core.js";
import { acquireReadableStreamDefaultReader, readableStreamDefaultReaderRead, readableStreamReaderRelease } from "./readers-core.js";
import {
  writableStreamAbort,
  writableStreamCloseQueuedOrInFlight,
  writableStreamDefaultWriterCloseWithErrorPropagation,
  writableStreamDefaultWriterGetDesiredSize,
  writableStreamDefaultWriterRelease,
  writableStreamDefaultWriterWrite,
  WriterSlots,
} from "./writable-core.js";

export function readableStreamPipeTo(source, dest, preventClose, preventAbort, preventCancel, signal) {
  const pipe = new Pipe(source, dest, { __proto__: null, preventClose, preventAbort, preventCancel }, signal);
  pipe.start();
  return pipe.outcome.promise;
}

// A pipe is the read request and the write request of all it moves.
class Pipe {
  outcome = new Deferred();
  shuttingDown = false;
  finalized = false;
  waitingForReady = false;
  // A chunk that was read and is to be written in the next microtask.
  holdsChunk = false;
  heldChunk = undefined;
  writesPending = 0;
  onAllWritten = undefined;
  abortAlgorithm = undefined;

  constructor(source, dest, prevent, signal) {
    this.source = source;
    this.dest = dest;
    this.prevent = prevent;
    this.signal = signal;
    this.reader = acquireReadableStreamDefaultReader(source);
    this.writer = new WriterSlots(dest);
    this.writer.onReady = () => this.#becameReady();
    source.disturbed = true;
  }

  start() {
    if (this.signal !== undefined && !this.#followSignal()) return;
    this.#watchSource();
    this.#watchDest();
    if (!this.shuttingDown) queueMicrotaskSteps(() => this.#move());
  }

  #followSignal() {
    const { signal } = this;
    this.abortAlgorithm = () => this.#abort(abortReason(signal));
    if (isAborted(signal)) {
      this.abortAlgorithm();
      return false;
    }
    addAbortAlgorithm(signal, this.abortAlgorithm);
    return true;
  }

  #abort(error) {
    const { source, dest, prevent } = this;
    const abortDest = () => (dest.state === "writable" ? writableStreamAbort(dest, error) : resolvedUndefined);
    const cancelSource = () => (source.state === "readable" ? readableStreamCancel(source, error) : resolvedUndefined);
    let action;
    if (!prevent.preventAbort && !prevent.preventCancel) action = () => waitForBoth(abortDest(), cancelSource());
    else if (!prevent.preventAbort) action = abortDest;
    else if (!prevent.preventCancel) action = cancelSource;
    this.#shutdown(action, true, error);
  }

  // "Errors must be propagated forward" and "closing must be propagated forward".
  #watchSource() {
    const { source } = this;
    if (source.state === "errored") this.#sourceErrored(source.storedError);
    else upon(this.reader.promiseOfClosed, () => this.#sourceClosed(), (error) => this.#sourceErrored(error));
  }

  // "Errors must be propagated backward" and "closing must be propagated backward".
  #watchDest() {
    const { dest, source } = this;
    if (dest.state === "errored") this.#destErrored(dest.storedError);
    else uponRejection(this.writer.promiseOfClosed, (error) => this.#destErrored(error));
    if (source.state === "closed") this.#sourceClosed();
    if (dest.state !== "closed" && !writableStreamCloseQueuedOrInFlight(dest)) return;
    const destClosed = new TypeError("The destination of the pipe is closing or closed already.");
    this.#shutdown(this.prevent.preventCancel ? undefined : () => readableStreamCancel(source, destClosed), true, destClosed);
  }

  #sourceErrored(error) {
    this.#shutdown(this.prevent.preventAbort ? undefined : () => writableStreamAbort(this.dest, error), true, error);
  }

  #sourceClosed() {
    this.#shutdown(this.prevent.preventClose ? undefined : () => writableStreamDefaultWriterCloseWithErrorPropagation(this.writer), false, undefined);
  }

  #destErrored(error) {
    this.#shutdown(this.prevent.preventCancel ? undefined : () => readableStreamCancel(this.source, error), true, error);
  }

  /** Moves what is there while it is wanted, then waits for a chunk or for the end of backpressure. */
  #move() {
    const { source, writer } = this;
    while (!this.shuttingDown && source.state === "readable") {
      const desiredSize = writableStreamDefaultWriterGetDesiredSize(writer);
      if (desiredSize === null) return;
      if (desiredSize <= 0) {
        this.waitingForReady = true;
        return;
      }
      if (!source.controller.hasChunk()) {
        readableStreamDefaultReaderRead(this.reader, this);
        return;
      }
      this.#write(source.controller.takeChunk());
    }
  }

  #becameReady() {
    if (!this.waitingForReady) return;
    this.waitingForReady = false;
    queueMicrotaskSteps(() => this.#move());
  }

  // A microtask later, so that the source's enqueue() never runs the sink's write() before it returns.
  chunkSteps(chunk) {
    this.holdsChunk = true;
    this.heldChunk = chunk;
    queueMicrotaskSteps(() => {
      if (this.finalized) return;
      this.#writeHeldChunk();
      this.#move();
    });
  }

  // What follows from the end is done by whoever watches the source.
  closeSteps() {}
  errorSteps() {}

  #writeHeldChunk() {
    if (!this.holdsChunk) return;
    const chunk = this.heldChunk;
    this.holdsChunk = false;
    this.heldChunk = undefined;
    this.#write(chunk);
  }

  #write(chunk) {
    this.writesPending++;
    writableStreamDefaultWriterWrite(this.writer, chunk, this);
  }

  resolve() {
    this.#writeSettled();
  }

  // The failure itself arrives by the promise of `closed`.
  reject() {
    this.#writeSettled();
  }

  #writeSettled() {
    this.writesPending--;
    if (this.writesPending === 0 && this.onAllWritten !== undefined) queueMicrotaskSteps(this.onAllWritten);
  }

  /** "Shutdown" and "shutdown with an action". */
  #shutdown(action, isError, error) {
    if (this.shuttingDown) return;
    this.shuttingDown = true;
    const { dest } = this;
    const proceed = () => this.#act(action, isError, error);
    if (dest.state !== "writable" || writableStreamCloseQueuedOrInFlight(dest)) {
      proceed();
      return;
    }
    // A read that was under way may bring one more chunk in the meantime.
    this.onAllWritten = () => {
      this.#writeHeldChunk();
      if (this.writesPending > 0) return;
      this.onAllWritten = undefined;
      proceed();
    };
    this.#writeHeldChunk();
    if (this.writesPending === 0) queueMicrotaskSteps(this.onAllWritten);
  }

  #act(action, isError, error) {
    if (action === undefined) this.#finalize(isError, error);
    else upon(action(), () => this.#finalize(isError, error), (newError) => this.#finalize(true, newError));
  }

  #finalize(isError, error) {
    this.finalized = true;
    writableStreamDefaultWriterRelease(this.writer);
    readableStreamReaderRelease(this.reader);
    if (this.abortAlgorithm !== undefined) removeAbortAlgorithm(this.signal, this.abortAlgorithm);
    if (isError) this.outcome.reject(error);
    else this.outcome.resolve(undefined);
  }
}
