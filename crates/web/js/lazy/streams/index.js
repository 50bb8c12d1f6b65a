// Streams (https://streams.spec.whatwg.org/). The interfaces that tenants get, then what other modules of this room use.
//
// An interface is in the file that has its name; its algorithms, under the specification's names, are in the `-core`
// files, and they run on records of internal slots (see slots.js).

export { ReadableStream } from "./readable.js";
export { ReadableStreamBYOBReader, ReadableStreamDefaultReader } from "./readers.js";
export { ReadableStreamDefaultController } from "./readable-default.js";
export { ReadableByteStreamController, ReadableStreamBYOBRequest } from "./readable-byte.js";
export { WritableStream, WritableStreamDefaultWriter } from "./writable.js";
export { WritableStreamDefaultController } from "./writable-controller.js";
export { TransformStream, TransformStreamDefaultController } from "./transform.js";
export { ByteLengthQueuingStrategy, CountQueuingStrategy } from "./strategies.js";
export { FixedLengthStream, IdentityTransformStream } from "./identity.js";

export { isReadableStream } from "./readable.js";
export { isWritableStream } from "./writable.js";
export { createTransform } from "./transform.js";
export {
  acquireInternalReader,
  cancelStream,
  createReadableByteStream,
  errorStream,
  expectedLengthOf,
  isDisturbed,
  isLocked,
  readAllBytes,
  setNativeSource,
  streamFrom,
  takeNativeSource,
  teeForBody,
} from "./bodies.js";
