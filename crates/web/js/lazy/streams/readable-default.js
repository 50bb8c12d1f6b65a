// ReadableStreamDefaultController: the controller of streams whose chunks may be anything.

import { defineInterface, illegalConstructor } from "../../webidl.js";
import { alwaysResolved, invokePromise, promiseInItsTurn, upon } from "./promises.js";
import { QueueWithSizes } from "./queue.js";
import {
  isReadableStreamLocked,
  readableStreamAddReadRequest,
  readableStreamClose,
  readableStreamError,
  readableStreamFulfillReadRequest,
  readableStreamHasWaitingReads,
  ReadableStreamSlots,
} from "./readable-core.js";
import { adopt } from "./slots.js";
import { sizeOfOne } from "./strategies.js";

const { apply } = Reflect;

class DefaultControllerSlots {
  isByteController = false;
  closeRequested = false;
  pullAgain = false;
  pulling = false;
  started = false;
  queue = new QueueWithSizes();
  object = undefined;
  // The reactions to a pull are the same functions for every pull of this controller.
  onPulled = undefined;
  onPullFailed = undefined;

  constructor(stream, pullAlgorithm, cancelAlgorithm, highWaterMark, sizeAlgorithm) {
    this.stream = stream;
    this.pullAlgorithm = pullAlgorithm;
    this.cancelAlgorithm = cancelAlgorithm;
    this.strategyHWM = highWaterMark;
    this.strategySizeAlgorithm = sizeAlgorithm;
    stream.controller = this;
  }

  hasChunk() {
    return this.queue.length > 0;
  }

  takeChunk() {
    const chunk = this.queue.dequeue();
    if (this.closeRequested && this.queue.length === 0) {
      clearAlgorithms(this);
      readableStreamClose(this.stream);
    } else {
      callPullIfNeeded(this);
    }
    return chunk;
  }

  pullSteps(readRequest) {
    if (this.queue.length > 0) {
      readRequest.chunkSteps(this.takeChunk());
    } else {
      readableStreamAddReadRequest(this.stream, readRequest);
      callPullIfNeeded(this);
    }
  }

  cancelSteps(reason) {
    this.queue.reset();
    const result = this.cancelAlgorithm(reason);
    clearAlgorithms(this);
    return result;
  }

  // A default controller keeps nothing for a reader that leaves.
  releaseSteps() {}

  // What code of this room's own gets to call, in place of the interface's object.
  close() {
    readableStreamDefaultControllerClose(this);
  }

  error(reason) {
    readableStreamDefaultControllerError(this, reason);
  }
}

/** CreateReadableStream, whose start algorithm gives a promise or undefined. */
export function createReadableStream(startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark = 1, sizeAlgorithm = sizeOfOne) {
  const stream = new ReadableStreamSlots();
  const controller = new DefaultControllerSlots(stream, pullAlgorithm, cancelAlgorithm, highWaterMark, sizeAlgorithm);
  startController(controller, startAlgorithm());
  return stream;
}

/** SetUpReadableStreamDefaultControllerFromUnderlyingSource. */
export function setUpReadableStreamDefaultControllerFromUnderlyingSource(stream, source, methods, highWaterMark, sizeAlgorithm) {
  const { start, pull, cancel } = methods;
  const controller = new DefaultControllerSlots(stream, alwaysResolved, alwaysResolved, highWaterMark, sizeAlgorithm);
  if (pull !== undefined) controller.pullAlgorithm = () => invokePromise(pull, source, [objectOf(controller)]);
  if (cancel !== undefined) controller.cancelAlgorithm = (reason) => invokePromise(cancel, source, [reason]);
  startController(controller, start === undefined ? undefined : apply(start, source, [objectOf(controller)]));
}

function startController(controller, startResult) {
  upon(
    promiseInItsTurn(startResult),
    () => {
      controller.started = true;
      callPullIfNeeded(controller);
    },
    (error) => readableStreamDefaultControllerError(controller, error),
  );
}

function callPullIfNeeded(controller) {
  if (!shouldCallPull(controller)) return;
  if (controller.pulling) {
    controller.pullAgain = true;
    return;
  }
  controller.pulling = true;
  if (controller.onPulled === undefined) makePullReactions(controller);
  upon(controller.pullAlgorithm(), controller.onPulled, controller.onPullFailed);
}

function makePullReactions(controller) {
  controller.onPulled = () => {
    controller.pulling = false;
    if (!controller.pullAgain) return;
    controller.pullAgain = false;
    callPullIfNeeded(controller);
  };
  controller.onPullFailed = (error) => readableStreamDefaultControllerError(controller, error);
}

function shouldCallPull(controller) {
  if (!readableStreamDefaultControllerCanCloseOrEnqueue(controller) || !controller.started) return false;
  if (readableStreamHasWaitingReads(controller.stream)) return true;
  return controller.strategyHWM - controller.queue.totalSize > 0;
}

function clearAlgorithms(controller) {
  controller.pullAlgorithm = undefined;
  controller.cancelAlgorithm = undefined;
  controller.strategySizeAlgorithm = undefined;
}

export function readableStreamDefaultControllerClose(controller) {
  if (!readableStreamDefaultControllerCanCloseOrEnqueue(controller)) return;
  controller.closeRequested = true;
  if (controller.queue.length > 0) return;
  clearAlgorithms(controller);
  readableStreamClose(controller.stream);
}

export function readableStreamDefaultControllerEnqueue(controller, chunk) {
  if (!readableStreamDefaultControllerCanCloseOrEnqueue(controller)) return;
  const { stream } = controller;
  if (isReadableStreamLocked(stream) && readableStreamHasWaitingReads(stream)) {
    readableStreamFulfillReadRequest(stream, chunk, false);
  } else {
    try {
      controller.queue.enqueue(chunk, controller.strategySizeAlgorithm(chunk));
    } catch (error) {
      readableStreamDefaultControllerError(controller, error);
      throw error;
    }
  }
  callPullIfNeeded(controller);
}

export function readableStreamDefaultControllerError(controller, error) {
  if (controller.stream.state !== "readable") return;
  controller.queue.reset();
  clearAlgorithms(controller);
  readableStreamError(controller.stream, error);
}

function readableStreamDefaultControllerGetDesiredSize(controller) {
  const { state } = controller.stream;
  if (state === "errored") return null;
  if (state === "closed") return 0;
  return controller.strategyHWM - controller.queue.totalSize;
}

export function readableStreamDefaultControllerHasBackpressure(controller) {
  return !shouldCallPull(controller);
}

export function readableStreamDefaultControllerCanCloseOrEnqueue(controller) {
  return !controller.closeRequested && controller.stream.state === "readable";
}

function objectOf(controller) {
  return (controller.object ??= new ReadableStreamDefaultController(adopt, controller));
}

export class ReadableStreamDefaultController {
  #slots;

  constructor() {
    if (arguments[0] !== adopt) illegalConstructor();
    this.#slots = arguments[1];
  }

  get desiredSize() {
    return readableStreamDefaultControllerGetDesiredSize(this.#slots);
  }

  close() {
    const controller = this.#slots;
    requireOpen(controller, "close");
    readableStreamDefaultControllerClose(controller);
  }

  enqueue(chunk = undefined) {
    const controller = this.#slots;
    requireOpen(controller, "enqueue");
    readableStreamDefaultControllerEnqueue(controller, chunk);
  }

  error(e = undefined) {
    readableStreamDefaultControllerError(this.#slots, e);
  }
}
defineInterface(ReadableStreamDefaultController);

function requireOpen(controller, method) {
  if (readableStreamDefaultControllerCanCloseOrEnqueue(controller)) return;
  const why = controller.stream.state === "readable" ? "the stream is closing already" : `the stream is ${controller.stream.state}`;
  throw new TypeError(`ReadableStreamDefaultController.${method}: ${why}.`);
}
