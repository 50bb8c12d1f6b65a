// The interfaces ReadableByteStreamController and ReadableStreamBYOBRequest.

import { defineInterface, illegalConstructor, requireArguments, unsignedLongLong } from "../../webidl.js";
import { bufferByteLength, isDetached, requireView, viewBuffer, viewByteLength } from "./buffers.js";
import { alwaysResolved, invokePromise } from "./promises.js";
import { readableByteStreamControllerGetBYOBRequest } from "./pull-into.js";
import {
  ByteControllerSlots,
  readableByteStreamControllerClose,
  readableByteStreamControllerEnqueue,
  readableByteStreamControllerError,
  readableByteStreamControllerGetDesiredSize,
  startController,
} from "./readable-byte-core.js";
import { readableByteStreamControllerRespond, readableByteStreamControllerRespondWithNewView } from "./respond.js";
import { adopt } from "./slots.js";

const { apply } = Reflect;

/** SetUpReadableByteStreamControllerFromUnderlyingSource. */
export function setUpReadableByteStreamControllerFromUnderlyingSource(stream, source, methods, highWaterMark) {
  const { start, pull, cancel, autoAllocateChunkSize } = methods;
  if (autoAllocateChunkSize === 0) throw new TypeError("ReadableStream: autoAllocateChunkSize must not be 0.");
  const controller = new ByteControllerSlots(stream, alwaysResolved, alwaysResolved, highWaterMark, autoAllocateChunkSize);
  if (pull !== undefined) controller.pullAlgorithm = () => invokePromise(pull, source, [objectOf(controller)]);
  if (cancel !== undefined) controller.cancelAlgorithm = (reason) => invokePromise(cancel, source, [reason]);
  startController(controller, start === undefined ? undefined : apply(start, source, [objectOf(controller)]));
}

function objectOf(controller) {
  return (controller.object ??= new ReadableByteStreamController(adopt, controller));
}

export class ReadableByteStreamController {
  #slots;

  constructor() {
    if (arguments[0] !== adopt) illegalConstructor();
    this.#slots = arguments[1];
  }

  get byobRequest() {
    const request = readableByteStreamControllerGetBYOBRequest(this.#slots);
    if (request === null) return null;
    return (request.object ??= new ReadableStreamBYOBRequest(adopt, request));
  }

  get desiredSize() {
    return readableByteStreamControllerGetDesiredSize(this.#slots);
  }

  close() {
    const controller = this.#slots;
    requireOpen(controller, "close");
    readableByteStreamControllerClose(controller);
  }

  enqueue(chunk) {
    const controller = this.#slots;
    const what = "ReadableByteStreamController.enqueue";
    requireArguments(arguments.length, 1, what);
    requireView(chunk, `${what}: the chunk`);
    if (viewByteLength(chunk) === 0) throw new TypeError(`${what}: the chunk has no bytes.`);
    if (bufferByteLength(viewBuffer(chunk)) === 0) throw new TypeError(`${what}: the chunk's buffer has no bytes.`);
    requireOpen(controller, "enqueue");
    readableByteStreamControllerEnqueue(controller, chunk);
  }

  error(e = undefined) {
    readableByteStreamControllerError(this.#slots, e);
  }
}
defineInterface(ReadableByteStreamController);

function requireOpen(controller, method) {
  const { state } = controller.stream;
  if (!controller.closeRequested && state === "readable") return;
  const why = state === "readable" ? "the stream is closing already" : `the stream is ${state}`;
  throw new TypeError(`ReadableByteStreamController.${method}: ${why}.`);
}

export class ReadableStreamBYOBRequest {
  #slots;

  constructor() {
    if (arguments[0] !== adopt) illegalConstructor();
    this.#slots = arguments[1];
  }

  get view() {
    return this.#slots.view;
  }

  // How many elements the read still waits for, as Cloudflare tells sources.
  get atLeast() {
    const { controller } = this.#slots;
    if (controller === undefined) return null;
    const { minimumFill, bytesFilled, elementSize } = controller.pendingPullIntos.peek();
    return minimumFill > bytesFilled ? (minimumFill - bytesFilled) / elementSize : 1;
  }

  respond(bytesWritten) {
    const request = this.#slots;
    const what = "ReadableStreamBYOBRequest.respond";
    requireArguments(arguments.length, 1, what);
    const count = unsignedLongLong(bytesWritten, { mode: "enforce", what: `${what}: the number of bytes` });
    requireValid(request, what);
    if (isDetached(viewBuffer(request.view))) throw new TypeError(`${what}: the view's memory was given away already.`);
    readableByteStreamControllerRespond(request.controller, count);
  }

  respondWithNewView(view) {
    const request = this.#slots;
    const what = "ReadableStreamBYOBRequest.respondWithNewView";
    requireArguments(arguments.length, 1, what);
    requireView(view, `${what}: the view`);
    requireValid(request, what);
    if (isDetached(viewBuffer(view))) throw new TypeError(`${what}: the view's memory was given away already.`);
    readableByteStreamControllerRespondWithNewView(request.controller, view);
  }
}
defineInterface(ReadableStreamBYOBRequest);

function requireValid(request, what) {
  if (request.controller === undefined) throw new TypeError(`${what}: this request was answered or given up already.`);
}
