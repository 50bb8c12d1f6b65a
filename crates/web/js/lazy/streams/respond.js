// How a source answers a BYOB request: it says how many bytes it has put into the buffer.

import { bufferByteLength, viewBuffer, viewByteLength, viewByteOffset } from "./buffers.js";
import {
  convertPullIntoDescriptor,
  enqueueClonedChunkToQueue,
  enqueueDetachedPullIntoToQueue,
  invalidateBYOBRequest,
  takeBack,
} from "./pull-into.js";
import { List } from "./queue.js";
import { callPullIfNeeded, processPullIntoDescriptorsUsingQueue } from "./readable-byte-core.js";
import { readableStreamFulfillReadIntoRequest, readableStreamFulfillReadRequest, readableStreamHasBYOBReader } from "./readable-core.js";

export function readableByteStreamControllerRespond(controller, bytesWritten) {
  const first = controller.pendingPullIntos.peek();
  requireBytesUnlessClosed(controller, bytesWritten);
  if (first.bytesFilled + bytesWritten > first.byteLength) {
    throw new RangeError(`The BYOB request has room for ${first.byteLength - first.bytesFilled} bytes, but ${bytesWritten} were said to be written.`);
  }
  takeBack(first, first.buffer);
  respondInternal(controller, bytesWritten);
}

export function readableByteStreamControllerRespondWithNewView(controller, view) {
  const first = controller.pendingPullIntos.peek();
  const byteLength = viewByteLength(view);
  requireBytesUnlessClosed(controller, byteLength);
  if (first.byteOffset + first.bytesFilled !== viewByteOffset(view)) {
    throw new RangeError("The new view does not start where the view of the BYOB request does.");
  }
  if (first.bufferByteLength !== bufferByteLength(viewBuffer(view))) {
    throw new RangeError("The new view's buffer is not as long as the buffer of the BYOB request.");
  }
  if (first.bytesFilled + byteLength > first.byteLength) {
    throw new RangeError("The new view is longer than the view of the BYOB request.");
  }
  takeBack(first, viewBuffer(view));
  respondInternal(controller, byteLength);
}

function requireBytesUnlessClosed(controller, bytesWritten) {
  if (controller.stream.state === "closed") {
    if (bytesWritten !== 0) throw new TypeError("The stream is closed: a BYOB request can only be answered with no bytes.");
  } else if (bytesWritten === 0) {
    throw new TypeError("A BYOB request cannot be answered with no bytes before the stream is closed.");
  }
}

function respondInternal(controller, bytesWritten) {
  const first = controller.pendingPullIntos.peek();
  invalidateBYOBRequest(controller);
  if (controller.stream.state === "closed") respondInClosedState(controller, first);
  else respondInReadableState(controller, bytesWritten, first);
  callPullIfNeeded(controller);
}

function respondInClosedState(controller, first) {
  if (first.readerType === "none") controller.pendingPullIntos.shift();
  const { stream } = controller;
  if (!readableStreamHasBYOBReader(stream)) return;
  const filled = new List();
  const waiting = stream.reader.readRequests.length;
  while (filled.length < waiting) filled.push(controller.pendingPullIntos.shift());
  commitPullIntoDescriptors(stream, filled);
}

function respondInReadableState(controller, bytesWritten, descriptor) {
  const { stream } = controller;
  descriptor.bytesFilled += bytesWritten;
  if (descriptor.readerType === "none") {
    enqueueDetachedPullIntoToQueue(controller, descriptor);
    commitPullIntoDescriptors(stream, processPullIntoDescriptorsUsingQueue(controller));
    return;
  }
  if (descriptor.bytesFilled < descriptor.minimumFill) return;
  controller.pendingPullIntos.shift();
  const remainder = descriptor.bytesFilled % descriptor.elementSize;
  if (remainder > 0) {
    const end = descriptor.byteOffset + descriptor.bytesFilled;
    enqueueClonedChunkToQueue(controller, descriptor.buffer, end - remainder, remainder);
  }
  descriptor.bytesFilled -= remainder;
  const filled = processPullIntoDescriptorsUsingQueue(controller);
  commitPullIntoDescriptor(stream, descriptor);
  commitPullIntoDescriptors(stream, filled);
}

/** Why all at once and last: a commit resolves promises, which may run a tenant's `then` on a half-done list. */
export function commitPullIntoDescriptors(stream, filled) {
  filled.drain((descriptor) => commitPullIntoDescriptor(stream, descriptor));
}

function commitPullIntoDescriptor(stream, descriptor) {
  const done = stream.state === "closed";
  const filledView = convertPullIntoDescriptor(descriptor);
  if (descriptor.readerType === "default") readableStreamFulfillReadRequest(stream, filledView, done);
  else readableStreamFulfillReadIntoRequest(stream, filledView, done);
}
