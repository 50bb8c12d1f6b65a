// Asynchronous iteration over a ReadableStream, with the object that Web IDL describes for it.

import { enumerable, isObject } from "../../webidl.js";
import { Deferred, freshResolved, promiseRejectedWith, transformPromise } from "./promises.js";
import {
  acquireReadableStreamDefaultReader,
  readableStreamDefaultReaderRead,
  readableStreamReaderGenericCancel,
  readableStreamReaderRelease,
} from "./readers-core.js";

const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);

export function acquireReadableStreamAsyncIterator(stream, preventCancel) {
  return new ReadableStreamAsyncIterator(new Iteration(acquireReadableStreamDefaultReader(stream), preventCancel));
}

class Iteration {
  isFinished = false;
  // The last next() or return() that may still be pending: later ones run after it.
  ongoing = undefined;

  constructor(reader, preventCancel) {
    this.reader = reader;
    this.preventCancel = preventCancel;
  }

  next() {
    if (this.isFinished) return freshResolved({ value: undefined, done: true });
    const { stream } = this.reader;
    if (stream.state === "readable" && stream.controller.hasChunk()) {
      return freshResolved({ value: stream.controller.takeChunk(), done: false });
    }
    const request = new IterationReadRequest(this);
    readableStreamDefaultReaderRead(this.reader, request);
    const promise = transformPromise(request.promise, (result) => {
      if (this.ongoing === promise) this.ongoing = undefined;
      return result;
    });
    this.ongoing ??= promise;
    return promise;
  }

  finish() {
    this.isFinished = true;
    readableStreamReaderRelease(this.reader);
  }

  return(value) {
    if (this.isFinished) return freshResolved({ value, done: true });
    if (this.preventCancel) {
      this.finish();
      return freshResolved({ value, done: true });
    }
    const result = readableStreamReaderGenericCancel(this.reader, value);
    this.finish();
    const promise = transformPromise(result, () => ({ value, done: true }));
    this.ongoing ??= promise;
    return promise;
  }

  /** Runs `steps` now, or after whatever is still going on. */
  inTurn(steps) {
    if (this.ongoing === undefined) return steps();
    const promise = transformPromise(this.ongoing, steps, steps);
    this.ongoing = promise;
    return promise;
  }
}

class IterationReadRequest extends Deferred {
  constructor(iteration) {
    super();
    this.iteration = iteration;
  }

  chunkSteps(chunk) {
    this.resolve({ value: chunk, done: false });
  }

  closeSteps() {
    this.iteration.finish();
    this.resolve({ value: undefined, done: true });
  }

  errorSteps(error) {
    this.iteration.finish();
    this.reject(error);
  }
}

class ReadableStreamAsyncIterator {
  #iteration;

  constructor(iteration) {
    this.#iteration = iteration;
  }

  next() {
    if (!isObject(this) || !(#iteration in this)) return illegalInvocation("next");
    const iteration = this.#iteration;
    return iteration.inTurn(() => iteration.next());
  }

  return(value) {
    if (!isObject(this) || !(#iteration in this)) return illegalInvocation("return");
    const iteration = this.#iteration;
    return iteration.inTurn(() => iteration.return(value));
  }
}
delete ReadableStreamAsyncIterator.prototype.constructor;
Object.setPrototypeOf(ReadableStreamAsyncIterator.prototype, AsyncIteratorPrototype);
enumerable(ReadableStreamAsyncIterator.prototype);
Object.defineProperty(ReadableStreamAsyncIterator.prototype, Symbol.toStringTag, { value: "ReadableStream AsyncIterator", configurable: true });

const illegalInvocation = (method) => promiseRejectedWith(new TypeError(`ReadableStream AsyncIterator.${method}: illegal invocation.`));
