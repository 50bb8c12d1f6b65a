// WritableStreamDefaultController.

import { createAbortSignal, signalAbort } from "../../abort.js";
import { defineInterface, illegalConstructor } from "../../webidl.js";
import { alwaysResolved, invokePromise, promiseInItsTurn, upon } from "./promises.js";
import { QueueWithSizes } from "./queue.js";
import { adopt } from "./slots.js";
import { sizeOfOne } from "./strategies.js";
import {
  writableStreamCloseQueuedOrInFlight,
  writableStreamDealWithRejection,
  writableStreamFinishErroring,
  writableStreamFinishInFlightClose,
  writableStreamFinishInFlightCloseWithError,
  writableStreamFinishInFlightWrite,
  writableStreamFinishInFlightWriteWithError,
  writableStreamMarkCloseRequestInFlight,
  writableStreamMarkFirstWriteRequestInFlight,
  WritableStreamSlots,
  writableStreamStartErroring,
  writableStreamUpdateBackpressure,
} from "./writable-core.js";

const { apply } = Reflect;

// The close sentinel, which stands at the end of a queue after the last chunk.
const CLOSE = { __proto__: null };

class WritableControllerSlots {
  started = false;
  queue = new QueueWithSizes();
  object = undefined;
  // [[abortController]] is only its signal, made when a tenant first asks for it.
  signal = undefined;
  aborted = undefined;
  // For sinks of this room's own: called as soon as the stream is aborted, while a write may still go on.
  onAbort = undefined;
  // The reactions to a write are the same functions for every write of this controller.
  onWritten = undefined;
  onWriteFailed = undefined;

  constructor(stream, writeAlgorithm, closeAlgorithm, abortAlgorithm, highWaterMark, sizeAlgorithm) {
    this.stream = stream;
    this.writeAlgorithm = writeAlgorithm;
    this.closeAlgorithm = closeAlgorithm;
    this.abortAlgorithm = abortAlgorithm;
    this.strategyHWM = highWaterMark;
    this.strategySizeAlgorithm = sizeAlgorithm;
    stream.controller = this;
  }

  get desiredSize() {
    return this.strategyHWM - this.queue.totalSize;
  }

  errorSteps() {
    this.queue.reset();
  }

  abortSteps(reason) {
    const result = this.abortAlgorithm(reason);
    clearAlgorithms(this);
    return result;
  }
}

/** CreateWritableStream, whose start algorithm gives a promise or undefined. */
export function createWritableStream(startAlgorithm, writeAlgorithm, closeAlgorithm, abortAlgorithm, highWaterMark = 1, sizeAlgorithm = sizeOfOne) {
  const stream = new WritableStreamSlots();
  const controller = new WritableControllerSlots(stream, writeAlgorithm, closeAlgorithm, abortAlgorithm, highWaterMark, sizeAlgorithm);
  stream.backpressure = controller.desiredSize <= 0;
  startController(controller, startAlgorithm());
  return stream;
}

/** SetUpWritableStreamDefaultControllerFromUnderlyingSink. */
export function setUpWritableStreamDefaultControllerFromUnderlyingSink(stream, sink, methods, highWaterMark, sizeAlgorithm) {
  const { start, write, close, abort } = methods;
  const controller = new WritableControllerSlots(stream, alwaysResolved, alwaysResolved, alwaysResolved, highWaterMark, sizeAlgorithm);
  if (write !== undefined) controller.writeAlgorithm = (chunk) => invokePromise(write, sink, [chunk, objectOf(controller)]);
  if (close !== undefined) controller.closeAlgorithm = () => invokePromise(close, sink, []);
  if (abort !== undefined) controller.abortAlgorithm = (reason) => invokePromise(abort, sink, [reason]);
  stream.backpressure = controller.desiredSize <= 0;
  startController(controller, start === undefined ? undefined : apply(start, sink, [objectOf(controller)]));
}

function startController(controller, startResult) {
  upon(
    promiseInItsTurn(startResult),
    () => {
      controller.started = true;
      advanceQueueIfNeeded(controller);
    },
    (error) => {
      controller.started = true;
      writableStreamDealWithRejection(controller.stream, error);
    },
  );
}

export function writableStreamDefaultControllerWrite(controller, chunk, chunkSize) {
  try {
    controller.queue.enqueue(chunk, chunkSize);
  } catch (error) {
    writableStreamDefaultControllerErrorIfNeeded(controller, error);
    return;
  }
  const { stream } = controller;
  if (!writableStreamCloseQueuedOrInFlight(stream) && stream.state === "writable") {
    writableStreamUpdateBackpressure(stream, controller.desiredSize <= 0);
  }
  advanceQueueIfNeeded(controller);
}

export function writableStreamDefaultControllerClose(controller) {
  controller.queue.enqueue(CLOSE, 0);
  advanceQueueIfNeeded(controller);
}

export function writableStreamDefaultControllerGetChunkSize(controller, chunk) {
  if (controller.strategySizeAlgorithm === undefined) return 1;
  try {
    return controller.strategySizeAlgorithm(chunk);
  } catch (error) {
    writableStreamDefaultControllerErrorIfNeeded(controller, error);
    return 1;
  }
}

function advanceQueueIfNeeded(controller) {
  const { stream } = controller;
  if (!controller.started || stream.inFlightWriteRequest !== undefined) return;
  if (stream.state === "erroring") {
    writableStreamFinishErroring(stream);
    return;
  }
  if (controller.queue.length === 0) return;
  const value = controller.queue.peek();
  if (value === CLOSE) processClose(controller);
  else processWrite(controller, value);
}

function processClose(controller) {
  const { stream } = controller;
  writableStreamMarkCloseRequestInFlight(stream);
  controller.queue.dequeue();
  const sinkClosePromise = controller.closeAlgorithm();
  clearAlgorithms(controller);
  upon(
    sinkClosePromise,
    () => writableStreamFinishInFlightClose(stream),
    (error) => writableStreamFinishInFlightCloseWithError(stream, error),
  );
}

function processWrite(controller, chunk) {
  writableStreamMarkFirstWriteRequestInFlight(controller.stream);
  if (controller.onWritten === undefined) makeWriteReactions(controller);
  upon(controller.writeAlgorithm(chunk), controller.onWritten, controller.onWriteFailed);
}

function makeWriteReactions(controller) {
  const { stream } = controller;
  controller.onWritten = () => {
    writableStreamFinishInFlightWrite(stream);
    controller.queue.dequeue();
    if (!writableStreamCloseQueuedOrInFlight(stream) && stream.state === "writable") {
      writableStreamUpdateBackpressure(stream, controller.desiredSize <= 0);
    }
    advanceQueueIfNeeded(controller);
  };
  controller.onWriteFailed = (error) => {
    if (stream.state === "writable") clearAlgorithms(controller);
    writableStreamFinishInFlightWriteWithError(stream, error);
  };
}

function clearAlgorithms(controller) {
  controller.writeAlgorithm = undefined;
  controller.closeAlgorithm = undefined;
  controller.abortAlgorithm = undefined;
  controller.strategySizeAlgorithm = undefined;
}

export function writableStreamDefaultControllerErrorIfNeeded(controller, error) {
  if (controller.stream.state !== "writable") return;
  clearAlgorithms(controller);
  writableStreamStartErroring(controller.stream, error);
}

export function signalControllerAborted(controller, reason) {
  if (controller.signal !== undefined) signalAbort(controller.signal, reason);
  else controller.aborted ??= { reason };
  controller.onAbort?.(reason);
}

function signalOf(controller) {
  if (controller.signal === undefined) {
    controller.signal = createAbortSignal();
    if (controller.aborted !== undefined) signalAbort(controller.signal, controller.aborted.reason);
  }
  return controller.signal;
}

function objectOf(controller) {
  return (controller.object ??= new WritableStreamDefaultController(adopt, controller));
}

export class WritableStreamDefaultController {
  #slots;

  constructor() {
    if (arguments[0] !== adopt) illegalConstructor();
    this.#slots = arguments[1];
  }

  get signal() {
    return signalOf(this.#slots);
  }

  error(e = undefined) {
    writableStreamDefaultControllerErrorIfNeeded(this.#slots, e);
  }
}
defineInterface(WritableStreamDefaultController);
