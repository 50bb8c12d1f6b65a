// The interfaces TransformStream and TransformStreamDefaultController.

import { defineInterface, illegalConstructor, isObject } from "../../webidl.js";
import { callbackMember } from "./dictionaries.js";
import { Deferred, invokePromise, promiseInItsTurn } from "./promises.js";
import { objectOfReadable } from "./readable.js";
import { adopt, ownMember } from "./slots.js";
import { extractHighWaterMark, extractSizeAlgorithm, queuingStrategy, sizeOfOne } from "./strategies.js";
import { initializeTransformStream, TransformControllerSlots, TransformStreamSlots } from "./transform-core.js";
import { objectOfWritable } from "./writable.js";

const { apply } = Reflect;

export class TransformStream {
  #slots;

  constructor(transformer = undefined, writableStrategy = undefined, readableStrategy = undefined) {
    if (transformer === adopt) {
      this.#slots = writableStrategy;
      return;
    }
    if (transformer !== undefined && !isObject(transformer)) throw new TypeError("TransformStream: the transformer must be an object.");
    const writableSide = queuingStrategy(writableStrategy, "TransformStream: the writable side");
    const readableSide = queuingStrategy(readableStrategy, "TransformStream: the readable side");
    const methods = transformer === undefined ? NO_TRANSFORMER : transformerMethods(transformer);
    const readableHighWaterMark = extractHighWaterMark(readableSide, 0, "TransformStream: the readable side");
    const readableSizeAlgorithm = extractSizeAlgorithm(readableSide);
    const writableHighWaterMark = extractHighWaterMark(writableSide, 1, "TransformStream: the writable side");
    const writableSizeAlgorithm = extractSizeAlgorithm(writableSide);
    const stream = new TransformStreamSlots();
    this.#slots = stream;
    const started = methods.start === undefined ? undefined : new Deferred();
    initializeTransformStream(stream, started?.promise, writableHighWaterMark, writableSizeAlgorithm, readableHighWaterMark, readableSizeAlgorithm);
    setUpControllerFromTransformer(stream, transformer, methods);
    started?.resolve(apply(methods.start, transformer, [objectOf(stream.controller)]));
  }

  get readable() {
    return objectOfReadable(this.#slots.readable);
  }

  get writable() {
    return objectOfWritable(this.#slots.writable);
  }
}
defineInterface(TransformStream);

const NO_TRANSFORMER = { __proto__: null };

// The Transformer dictionary; its members are read in the order of their names.
function transformerMethods(transformer) {
  const what = "TransformStream: the transformer";
  const cancel = callbackMember(transformer, "cancel", what);
  const flush = callbackMember(transformer, "flush", what);
  if (transformer.readableType !== undefined) throw new RangeError(`${what} has a readableType, but none is defined.`);
  const start = callbackMember(transformer, "start", what);
  const transform = callbackMember(transformer, "transform", what);
  if (transformer.writableType !== undefined) throw new RangeError(`${what} has a writableType, but none is defined.`);
  return { __proto__: null, cancel, flush, start, transform };
}

function setUpControllerFromTransformer(stream, transformer, { transform, flush, cancel }) {
  const controller = new TransformControllerSlots(
    stream,
    transform === undefined ? undefined : (chunk) => invokePromise(transform, transformer, [chunk, objectOf(controller)]),
    flush === undefined ? undefined : () => invokePromise(flush, transformer, [objectOf(controller)]),
    cancel === undefined ? undefined : (reason) => invokePromise(cancel, transformer, [reason], promiseInItsTurn),
  );
}

function objectOf(controller) {
  return (controller.object ??= new TransformStreamDefaultController(adopt, controller));
}

export class TransformStreamDefaultController {
  #slots;

  constructor() {
    if (arguments[0] !== adopt) illegalConstructor();
    this.#slots = arguments[1];
  }

  get desiredSize() {
    return this.#slots.desiredSize;
  }

  enqueue(chunk = undefined) {
    this.#slots.enqueue(chunk);
  }

  error(reason = undefined) {
    this.#slots.error(reason);
  }

  terminate() {
    this.#slots.terminate();
  }
}
defineInterface(TransformStreamDefaultController);

/**
 * A transform stream for interfaces that have one inside, such as TextDecoderStream. `transform(chunk, controller)`,
 * `flush(controller)` and `cancel(reason)` may throw or give a promise; the controller has enqueue(), error(),
 * terminate() and desiredSize and cannot be patched by a tenant.
 */
export function createTransform(transformer) {
  const transform = ownMember(transformer, "transform");
  const flush = ownMember(transformer, "flush");
  const cancel = ownMember(transformer, "cancel");
  const slots = new TransformStreamSlots();
  initializeTransformStream(slots, undefined, 1, sizeOfOne, 0, sizeOfOne);
  const controller = new TransformControllerSlots(
    slots,
    transform && ((chunk) => invokePromise(transform, transformer, [chunk, controller])),
    flush && (() => invokePromise(flush, transformer, [controller])),
    cancel && ((reason) => invokePromise(cancel, transformer, [reason], promiseInItsTurn)),
  );
  const stream = new TransformStream(adopt, slots);
  return { readable: objectOfReadable(slots.readable), writable: objectOfWritable(slots.writable), stream };
}
