// The slots and abstract operations of transform streams.

import { alwaysResolved, Deferred, promiseRejectedWith, resolvedUndefined, transformPromise, upon } from "./promises.js";
import {
  createReadableStream,
  readableStreamDefaultControllerCanCloseOrEnqueue,
  readableStreamDefaultControllerClose,
  readableStreamDefaultControllerEnqueue,
  readableStreamDefaultControllerError,
  readableStreamDefaultControllerHasBackpressure,
} from "./readable-default.js";
import { createWritableStream, writableStreamDefaultControllerErrorIfNeeded } from "./writable-controller.js";

export class TransformStreamSlots {
  backpressure = undefined;
  backpressureChange = undefined;
  controller = undefined;
  readable = undefined;
  writable = undefined;
}

/** InitializeTransformStream; without a start promise, both sides start as soon as they can. */
export function initializeTransformStream(
  stream,
  startPromise,
  writableHighWaterMark,
  writableSizeAlgorithm,
  readableHighWaterMark,
  readableSizeAlgorithm,
) {
  const start = () => startPromise ?? resolvedUndefined;
  stream.writable = createWritableStream(
    start,
    (chunk) => sinkWriteAlgorithm(stream, chunk),
    () => sinkCloseAlgorithm(stream),
    (reason) => sinkAbortAlgorithm(stream, reason),
    writableHighWaterMark,
    writableSizeAlgorithm,
  );
  stream.readable = createReadableStream(
    start,
    () => sourcePullAlgorithm(stream),
    (reason) => sourceCancelAlgorithm(stream, reason),
    readableHighWaterMark,
    readableSizeAlgorithm,
  );
  setBackpressure(stream, true);
}

export class TransformControllerSlots {
  finish = undefined;
  object = undefined;

  constructor(stream, transformAlgorithm, flushAlgorithm, cancelAlgorithm) {
    this.stream = stream;
    this.transformAlgorithm = transformAlgorithm ?? ((chunk) => this.#identity(chunk));
    this.flushAlgorithm = flushAlgorithm ?? alwaysResolved;
    this.cancelAlgorithm = cancelAlgorithm ?? alwaysResolved;
    stream.controller = this;
  }

  #identity(chunk) {
    try {
      this.enqueue(chunk);
      return resolvedUndefined;
    } catch (error) {
      return promiseRejectedWith(error);
    }
  }

  // The following are also what transformers of this room's own get to call, in place of the interface's object.

  get desiredSize() {
    const { controller, state } = this.stream.readable;
    if (state === "errored") return null;
    return state === "closed" ? 0 : controller.strategyHWM - controller.queue.totalSize;
  }

  enqueue(chunk) {
    const { stream } = this;
    const readableController = stream.readable.controller;
    if (!readableStreamDefaultControllerCanCloseOrEnqueue(readableController)) {
      throw new TypeError("TransformStream: nothing can be enqueued, the readable side is closing, closed or errored.");
    }
    try {
      readableStreamDefaultControllerEnqueue(readableController, chunk);
    } catch (error) {
      errorWritableAndUnblockWrite(stream, error);
      throw stream.readable.storedError;
    }
    if (readableStreamDefaultControllerHasBackpressure(readableController) !== stream.backpressure) setBackpressure(stream, true);
  }

  error(reason) {
    transformStreamError(this.stream, reason);
  }

  terminate() {
    const { stream } = this;
    readableStreamDefaultControllerClose(stream.readable.controller);
    errorWritableAndUnblockWrite(stream, new TypeError("TransformStream: the transformer has terminated the stream."));
  }
}

function transformStreamError(stream, error) {
  readableStreamDefaultControllerError(stream.readable.controller, error);
  errorWritableAndUnblockWrite(stream, error);
}

function errorWritableAndUnblockWrite(stream, error) {
  clearAlgorithms(stream.controller);
  writableStreamDefaultControllerErrorIfNeeded(stream.writable.controller, error);
  unblockWrite(stream);
}

function setBackpressure(stream, backpressure) {
  stream.backpressureChange?.resolve(undefined);
  stream.backpressureChange = new Deferred();
  stream.backpressure = backpressure;
}

function unblockWrite(stream) {
  if (stream.backpressure) setBackpressure(stream, false);
}

// Why not undefined, as specified: a readable side that was terminated with chunks in its queue may still be cancelled.
function clearAlgorithms(controller) {
  controller.transformAlgorithm = alwaysResolved;
  controller.flushAlgorithm = alwaysResolved;
  controller.cancelAlgorithm = alwaysResolved;
}

function performTransform(stream, chunk) {
  return transformPromise(stream.controller.transformAlgorithm(chunk), undefined, (error) => {
    transformStreamError(stream, error);
    throw error;
  });
}

function sinkWriteAlgorithm(stream, chunk) {
  if (!stream.backpressure) return performTransform(stream, chunk);
  return transformPromise(stream.backpressureChange.promise, () => {
    const { writable } = stream;
    if (writable.state === "erroring") throw writable.storedError;
    return performTransform(stream, chunk);
  });
}

function sinkAbortAlgorithm(stream, reason) {
  const { controller, readable } = stream;
  return finishOnce(controller, () => controller.cancelAlgorithm(reason), {
    __proto__: null,
    onFulfilled() {
      if (readable.state === "errored") throw readable.storedError;
      readableStreamDefaultControllerError(readable.controller, reason);
    },
    onRejected(error) {
      readableStreamDefaultControllerError(readable.controller, error);
    },
  });
}

function sinkCloseAlgorithm(stream) {
  const { controller, readable } = stream;
  return finishOnce(controller, () => controller.flushAlgorithm(), {
    __proto__: null,
    onFulfilled() {
      if (readable.state === "errored") throw readable.storedError;
      readableStreamDefaultControllerClose(readable.controller);
    },
    onRejected(error) {
      readableStreamDefaultControllerError(readable.controller, error);
    },
  });
}

function sourceCancelAlgorithm(stream, reason) {
  const { controller, writable } = stream;
  return finishOnce(controller, () => controller.cancelAlgorithm(reason), {
    __proto__: null,
    onFulfilled() {
      if (writable.state === "errored") throw writable.storedError;
      writableStreamDefaultControllerErrorIfNeeded(writable.controller, reason);
      unblockWrite(stream);
    },
    onRejected(error) {
      writableStreamDefaultControllerErrorIfNeeded(writable.controller, error);
      unblockWrite(stream);
    },
  });
}

// Only the first of abort, close and cancel reaches the transformer; the others share its outcome.
function finishOnce(controller, algorithm, { onFulfilled, onRejected }) {
  if (controller.finish !== undefined) return controller.finish.promise;
  const finish = new Deferred();
  controller.finish = finish;
  const outcome = algorithm();
  clearAlgorithms(controller);
  upon(
    outcome,
    () => {
      try {
        onFulfilled();
        finish.resolve(undefined);
      } catch (error) {
        finish.reject(error);
      }
    },
    (error) => {
      onRejected(error);
      finish.reject(error);
    },
  );
  return finish.promise;
}

function sourcePullAlgorithm(stream) {
  setBackpressure(stream, false);
  return stream.backpressureChange.promise;
}
