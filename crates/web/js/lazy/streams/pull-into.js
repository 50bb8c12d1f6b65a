// Pull-into descriptors: the buffers that wait to be filled, one for each read that brought its own, or that the
// controller allocated for.

import { bufferByteLength, cloneAsUint8Array, copyBytes, isDetached, transferArrayBuffer, Bytes, viewBuffer } from "./buffers.js";
import { enqueueChunkToQueue, readableByteStreamControllerError } from "./readable-byte-core.js";
import { List } from "./queue.js";

const { min } = Math;

export class PullIntoDescriptor {
  bytesFilled = 0;
  // A source has been shown this very buffer. One that nobody has seen since it changed hands need not change hands again.
  exposed = false;

  constructor(buffer, byteOffset, byteLength, minimumFill, elementSize, viewConstructor, readerType) {
    this.buffer = buffer;
    this.bufferByteLength = bufferByteLength(buffer);
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.minimumFill = minimumFill;
    this.elementSize = elementSize;
    this.viewConstructor = viewConstructor;
    // "default", "byob", or "none" once the reader that asked for it was released.
    this.readerType = readerType;
  }
}

export function convertPullIntoDescriptor(descriptor) {
  const buffer = descriptor.exposed ? transferArrayBuffer(descriptor.buffer) : descriptor.buffer;
  return new descriptor.viewConstructor(buffer, descriptor.byteOffset, descriptor.bytesFilled / descriptor.elementSize);
}

/** Copies what is queued; says whether the descriptor is filled as far as its read asked for. */
export function fillPullIntoDescriptorFromQueue(controller, descriptor) {
  const { queue } = controller;
  const maxBytesToCopy = min(controller.queueTotalSize, descriptor.byteLength - descriptor.bytesFilled);
  const maxBytesFilled = descriptor.bytesFilled + maxBytesToCopy;
  const maxAlignedBytes = maxBytesFilled - (maxBytesFilled % descriptor.elementSize);
  const ready = maxAlignedBytes >= descriptor.minimumFill;
  let remaining = ready ? maxAlignedBytes - descriptor.bytesFilled : maxBytesToCopy;
  while (remaining > 0) {
    const head = queue.peek();
    const length = min(remaining, head.byteLength);
    copyBytes(descriptor.buffer, descriptor.byteOffset + descriptor.bytesFilled, head.buffer, head.byteOffset, length);
    if (head.byteLength === length) {
      queue.shift();
    } else {
      head.byteOffset += length;
      head.byteLength -= length;
    }
    controller.queueTotalSize -= length;
    descriptor.bytesFilled += length;
    remaining -= length;
  }
  return ready;
}

/** What ReadableByteStreamControllerEnqueue does about the first buffer that waits, before the chunk is delivered. */
export function settlePullIntosForEnqueue(controller) {
  if (controller.pendingPullIntos.length === 0) return;
  const first = controller.pendingPullIntos.peek();
  if (isDetached(first.buffer)) {
    throw new TypeError("The buffer of the pending BYOB request was given away, so nothing can be enqueued behind it.");
  }
  invalidateBYOBRequest(controller);
  takeBack(first, first.buffer);
  if (first.readerType === "none") enqueueDetachedPullIntoToQueue(controller, first);
}

/** Gives a descriptor the memory of a buffer, which others hold too. */
export function takeBack(descriptor, buffer) {
  descriptor.buffer = transferArrayBuffer(buffer);
  descriptor.exposed = false;
}

/** Keeps the bytes of a buffer whose reader has left; the buffer must be the first that waits. */
export function enqueueDetachedPullIntoToQueue(controller, descriptor) {
  if (descriptor.bytesFilled > 0) {
    enqueueClonedChunkToQueue(controller, descriptor.buffer, descriptor.byteOffset, descriptor.bytesFilled);
  }
  controller.pendingPullIntos.shift();
}

export function enqueueClonedChunkToQueue(controller, buffer, byteOffset, byteLength) {
  let clone;
  try {
    clone = cloneAsUint8Array(new Bytes(buffer, byteOffset, byteLength));
  } catch (error) {
    readableByteStreamControllerError(controller, error);
    throw error;
  }
  enqueueChunkToQueue(controller, viewBuffer(clone), 0, byteLength);
}

export function clearPendingPullIntos(controller) {
  invalidateBYOBRequest(controller);
  controller.pendingPullIntos.clear();
}

/** The controller's [[ReleaseSteps]]: whatever the source still puts into the first buffer goes to the queue. */
export function releaseFirstPullInto(controller) {
  if (controller.pendingPullIntos.length === 0) return;
  const first = controller.pendingPullIntos.peek();
  first.readerType = "none";
  controller.pendingPullIntos = new List();
  controller.pendingPullIntos.push(first);
}

class BYOBRequestSlots {
  object = undefined;

  constructor(controller, view) {
    this.controller = controller;
    this.view = view;
  }
}

/** ReadableByteStreamControllerGetBYOBRequest. */
export function readableByteStreamControllerGetBYOBRequest(controller) {
  if (controller.byobRequest === null && controller.pendingPullIntos.length > 0) {
    const first = controller.pendingPullIntos.peek();
    first.exposed = true;
    const view = new Bytes(first.buffer, first.byteOffset + first.bytesFilled, first.byteLength - first.bytesFilled);
    controller.byobRequest = new BYOBRequestSlots(controller, view);
  }
  return controller.byobRequest;
}

export function invalidateBYOBRequest(controller) {
  if (controller.byobRequest === null) return;
  controller.byobRequest.controller = undefined;
  controller.byobRequest.view = null;
  controller.byobRequest = null;
}
