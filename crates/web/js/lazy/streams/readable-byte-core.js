// The slots and abstract operations of ReadableByteStreamController: streams of bytes, into whose reads a tenant may
// bring its own buffer.

import {
  Buffer,
  Bytes,
  isDetached,
  transferArrayBuffer,
  viewBuffer,
  viewByteLength,
  viewByteOffset,
  viewConstructor,
  viewElementSize,
} from "./buffers.js";
import {
  clearPendingPullIntos,
  convertPullIntoDescriptor,
  fillPullIntoDescriptorFromQueue,
  PullIntoDescriptor,
  releaseFirstPullInto,
  settlePullIntosForEnqueue,
} from "./pull-into.js";
import { promiseInItsTurn, upon } from "./promises.js";
import { List } from "./queue.js";
import {
  readableStreamAddReadRequest,
  readableStreamClose,
  readableStreamError,
  readableStreamFulfillReadRequest,
  readableStreamHasBYOBReader,
  readableStreamHasDefaultReader,
  readableStreamHasWaitingReads,
  ReadableStreamSlots,
} from "./readable-core.js";
import { commitPullIntoDescriptors, readableByteStreamControllerRespond } from "./respond.js";

export class ByteControllerSlots {
  isByteController = true;
  byobRequest = null;
  closeRequested = false;
  pullAgain = false;
  pulling = false;
  started = false;
  pendingPullIntos = new List();
  queue = new List();
  queueTotalSize = 0;
  object = undefined;
  // Runs whenever the last queued byte was taken; only IdentityTransformStream wants to know.
  onDrained = undefined;
  onPulled = undefined;
  onPullFailed = undefined;

  constructor(stream, pullAlgorithm, cancelAlgorithm, highWaterMark, autoAllocateChunkSize) {
    this.stream = stream;
    this.pullAlgorithm = pullAlgorithm;
    this.cancelAlgorithm = cancelAlgorithm;
    this.strategyHWM = highWaterMark;
    this.autoAllocateChunkSize = autoAllocateChunkSize;
    stream.controller = this;
  }

  hasChunk() {
    return this.queueTotalSize > 0;
  }

  /** The view that ReadableByteStreamControllerFillReadRequestFromQueue gives. */
  takeChunk() {
    const entry = this.queue.shift();
    this.queueTotalSize -= entry.byteLength;
    handleQueueDrain(this);
    return new Bytes(entry.buffer, entry.byteOffset, entry.byteLength);
  }

  pullSteps(readRequest) {
    if (this.queueTotalSize > 0) {
      readRequest.chunkSteps(this.takeChunk());
      return;
    }
    if (this.autoAllocateChunkSize !== undefined) {
      let buffer;
      try {
        buffer = new Buffer(this.autoAllocateChunkSize);
      } catch (error) {
        readRequest.errorSteps(error);
        return;
      }
      this.pendingPullIntos.push(new PullIntoDescriptor(buffer, 0, this.autoAllocateChunkSize, 1, 1, Bytes, "default"));
    }
    readableStreamAddReadRequest(this.stream, readRequest);
    callPullIfNeeded(this);
  }

  pullInto(view, min, readIntoRequest) {
    readableByteStreamControllerPullInto(this, view, min, readIntoRequest);
  }

  cancelSteps(reason) {
    clearPendingPullIntos(this);
    resetQueue(this);
    const result = this.cancelAlgorithm(reason);
    clearAlgorithms(this);
    return result;
  }

  releaseSteps() {
    releaseFirstPullInto(this);
  }

  // What sources of this room's own get to call, in place of the interface's object.
  enqueue(chunk) {
    if (viewByteLength(chunk) > 0) readableByteStreamControllerEnqueueOwned(this, chunk);
    else callPullIfNeeded(this);
  }

  close() {
    readableByteStreamControllerClose(this);
    if (this.stream.state === "closed" && this.pendingPullIntos.length > 0) readableByteStreamControllerRespond(this, 0);
  }

  error(reason) {
    readableByteStreamControllerError(this, reason);
  }
}

/** CreateReadableByteStream. Its start algorithm does nothing, yet pulling begins a microtask later, as specified. */
export function createReadableByteStreamSlots(pullAlgorithm, cancelAlgorithm) {
  const stream = new ReadableStreamSlots();
  const controller = new ByteControllerSlots(stream, pullAlgorithm, cancelAlgorithm, 0, undefined);
  startController(controller, undefined);
  return stream;
}

export function startController(controller, startResult) {
  upon(
    promiseInItsTurn(startResult),
    () => {
      controller.started = true;
      callPullIfNeeded(controller);
    },
    (error) => readableByteStreamControllerError(controller, error),
  );
}

export function callPullIfNeeded(controller) {
  if (!shouldCallPull(controller)) return;
  if (controller.pulling) {
    controller.pullAgain = true;
    return;
  }
  controller.pulling = true;
  if (controller.onPulled === undefined) makePullReactions(controller);
  upon(controller.pullAlgorithm(controller), controller.onPulled, controller.onPullFailed);
}

function makePullReactions(controller) {
  controller.onPulled = () => {
    controller.pulling = false;
    if (!controller.pullAgain) return;
    controller.pullAgain = false;
    callPullIfNeeded(controller);
  };
  controller.onPullFailed = (error) => readableByteStreamControllerError(controller, error);
}

function shouldCallPull(controller) {
  const { stream } = controller;
  if (stream.state !== "readable" || controller.closeRequested || !controller.started) return false;
  if (readableStreamHasWaitingReads(stream)) return true;
  return controller.strategyHWM - controller.queueTotalSize > 0;
}

function clearAlgorithms(controller) {
  controller.pullAlgorithm = undefined;
  controller.cancelAlgorithm = undefined;
}

function resetQueue(controller) {
  controller.queue.clear();
  controller.queueTotalSize = 0;
}

export function readableByteStreamControllerClose(controller) {
  const { stream } = controller;
  if (controller.closeRequested || stream.state !== "readable") return;
  if (controller.queueTotalSize > 0) {
    controller.closeRequested = true;
    return;
  }
  if (controller.pendingPullIntos.length > 0) {
    const first = controller.pendingPullIntos.peek();
    if (first.bytesFilled % first.elementSize !== 0) {
      const error = new TypeError("The byte stream was closed in the middle of an element of the view that is being filled.");
      readableByteStreamControllerError(controller, error);
      throw error;
    }
  }
  clearAlgorithms(controller);
  readableStreamClose(stream);
}

export function readableByteStreamControllerError(controller, error) {
  if (controller.stream.state !== "readable") return;
  clearPendingPullIntos(controller);
  resetQueue(controller);
  clearAlgorithms(controller);
  readableStreamError(controller.stream, error);
}

/** ReadableByteStreamControllerEnqueue: takes the chunk's memory away from the caller. */
export function readableByteStreamControllerEnqueue(controller, chunk) {
  if (controller.closeRequested || controller.stream.state !== "readable") return;
  const byteOffset = viewByteOffset(chunk);
  const byteLength = viewByteLength(chunk);
  const buffer = viewBuffer(chunk);
  if (isDetached(buffer)) throw new TypeError("A chunk was enqueued whose memory was given away already.");
  const transferred = transferArrayBuffer(buffer);
  settlePullIntosForEnqueue(controller);
  deliver(controller, transferred, byteOffset, byteLength, undefined);
}

/**
 * The same for a Uint8Array that nobody else holds, as natives make them: its memory need not change hands, and a
 * waiting default read gets the very view.
 */
export function readableByteStreamControllerEnqueueOwned(controller, chunk) {
  if (controller.closeRequested || controller.stream.state !== "readable") return;
  settlePullIntosForEnqueue(controller);
  deliver(controller, viewBuffer(chunk), viewByteOffset(chunk), viewByteLength(chunk), chunk);
}

function deliver(controller, buffer, byteOffset, byteLength, view) {
  const { stream } = controller;
  if (readableStreamHasDefaultReader(stream)) {
    processReadRequestsUsingQueue(controller);
    if (stream.reader.readRequests.length === 0) {
      enqueueChunkToQueue(controller, buffer, byteOffset, byteLength);
    } else {
      if (controller.pendingPullIntos.length > 0) controller.pendingPullIntos.shift();
      readableStreamFulfillReadRequest(stream, view ?? new Bytes(buffer, byteOffset, byteLength), false);
    }
  } else if (readableStreamHasBYOBReader(stream)) {
    enqueueChunkToQueue(controller, buffer, byteOffset, byteLength);
    commitPullIntoDescriptors(stream, processPullIntoDescriptorsUsingQueue(controller));
  } else {
    enqueueChunkToQueue(controller, buffer, byteOffset, byteLength);
  }
  callPullIfNeeded(controller);
}

export function enqueueChunkToQueue(controller, buffer, byteOffset, byteLength) {
  controller.queue.push({ buffer, byteOffset, byteLength });
  controller.queueTotalSize += byteLength;
}

function processReadRequestsUsingQueue(controller) {
  const { readRequests } = controller.stream.reader;
  while (readRequests.length > 0 && controller.queueTotalSize > 0) {
    readRequests.shift().chunkSteps(controller.takeChunk());
  }
}

/** The descriptors that the queue could fill, taken off the list of pending ones; they are yet to be committed. */
export function processPullIntoDescriptorsUsingQueue(controller) {
  const filled = new List();
  while (controller.pendingPullIntos.length > 0 && controller.queueTotalSize > 0) {
    const descriptor = controller.pendingPullIntos.peek();
    if (!fillPullIntoDescriptorFromQueue(controller, descriptor)) continue;
    controller.pendingPullIntos.shift();
    filled.push(descriptor);
  }
  return filled;
}

function handleQueueDrain(controller) {
  if (controller.queueTotalSize === 0 && controller.closeRequested) {
    clearAlgorithms(controller);
    readableStreamClose(controller.stream);
  } else {
    callPullIfNeeded(controller);
  }
  if (controller.queueTotalSize === 0) controller.onDrained?.();
}

function readableByteStreamControllerPullInto(controller, view, min, readIntoRequest) {
  const { stream } = controller;
  const elementSize = viewElementSize(view);
  const constructor = viewConstructor(view);
  const byteOffset = viewByteOffset(view);
  const byteLength = viewByteLength(view);
  let buffer;
  try {
    buffer = transferArrayBuffer(viewBuffer(view));
  } catch (error) {
    readIntoRequest.errorSteps(error);
    return;
  }
  const descriptor = new PullIntoDescriptor(buffer, byteOffset, byteLength, min * elementSize, elementSize, constructor, "byob");
  if (controller.pendingPullIntos.length > 0) {
    controller.pendingPullIntos.push(descriptor);
    readableStreamAddReadRequest(stream, readIntoRequest);
    return;
  }
  if (stream.state === "closed") {
    readIntoRequest.closeSteps(new constructor(buffer, byteOffset, 0));
    return;
  }
  if (controller.queueTotalSize > 0) {
    if (fillPullIntoDescriptorFromQueue(controller, descriptor)) {
      const filledView = convertPullIntoDescriptor(descriptor);
      handleQueueDrain(controller);
      readIntoRequest.chunkSteps(filledView);
      return;
    }
    if (controller.closeRequested) {
      const error = new TypeError("The byte stream ends before the view's first element, or its minimum, is complete.");
      readableByteStreamControllerError(controller, error);
      readIntoRequest.errorSteps(error);
      return;
    }
  }
  controller.pendingPullIntos.push(descriptor);
  readableStreamAddReadRequest(stream, readIntoRequest);
  callPullIfNeeded(controller);
}

export function readableByteStreamControllerGetDesiredSize(controller) {
  const { state } = controller.stream;
  if (state === "errored") return null;
  if (state === "closed") return 0;
  return controller.strategyHWM - controller.queueTotalSize;
}
