// Views and buffers, read through the getters that were there before any tenant.

import { isArrayBuffer } from "../../webidl.js";

const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const getter = (prototype, name) => uncurry(Object.getOwnPropertyDescriptor(prototype, name).get);

const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const typedArrayName = getter(TypedArrayPrototype, Symbol.toStringTag);
const typedArrayBuffer = getter(TypedArrayPrototype, "buffer");
const typedArrayByteOffset = getter(TypedArrayPrototype, "byteOffset");
const typedArrayByteLength = getter(TypedArrayPrototype, "byteLength");
const typedArraySet = uncurry(TypedArrayPrototype.set);
const dataViewBuffer = getter(DataView.prototype, "buffer");
const dataViewByteOffset = getter(DataView.prototype, "byteOffset");
const dataViewByteLength = getter(DataView.prototype, "byteLength");
const bufferTransfer = uncurry(ArrayBuffer.prototype.transfer);
const bufferDetached = getter(ArrayBuffer.prototype, "detached");
const bufferResizable = getter(ArrayBuffer.prototype, "resizable");

export const bufferByteLength = getter(ArrayBuffer.prototype, "byteLength");
export const isView = ArrayBuffer.isView;
export const Bytes = Uint8Array;
export const Buffer = ArrayBuffer;

const NativeDataView = DataView;
const viewConstructors = {
  __proto__: null,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};
// Float16Array is younger than the other typed arrays: not every engine that tests run on has it.
if (typeof Float16Array === "function") viewConstructors.Float16Array = Float16Array;

// The names of typed arrays are undefined for a DataView.
export function viewConstructor(view) {
  const name = typedArrayName(view);
  return name === undefined ? NativeDataView : viewConstructors[name];
}

export function viewElementSize(view) {
  const name = typedArrayName(view);
  return name === undefined ? 1 : viewConstructors[name].BYTES_PER_ELEMENT;
}

export const isTypedArray = (view) => typedArrayName(view) !== undefined;
export const isUint8Array = (value) => isView(value) && typedArrayName(value) === "Uint8Array";

export function viewBuffer(view) {
  return isTypedArray(view) ? typedArrayBuffer(view) : dataViewBuffer(view);
}

// A DataView throws where a typed array says 0 when the memory under it is gone. The specification reads the slots.
export function viewByteOffset(view) {
  if (isTypedArray(view)) return typedArrayByteOffset(view);
  return bufferDetached(dataViewBuffer(view)) ? 0 : dataViewByteOffset(view);
}

export function viewByteLength(view) {
  if (isTypedArray(view)) return typedArrayByteLength(view);
  return bufferDetached(dataViewBuffer(view)) ? 0 : dataViewByteLength(view);
}

/** Web IDL's ArrayBufferView without [AllowShared] and [AllowResizable]. */
export function requireView(value, what) {
  if (!isView(value)) throw new TypeError(`${what} is not an ArrayBufferView.`);
  const buffer = viewBuffer(value);
  if (!isArrayBuffer(buffer)) throw new TypeError(`${what} is a view on shared memory, which streams do not take.`);
  if (bufferResizable(buffer)) throw new TypeError(`${what} is a view on a resizable ArrayBuffer, which streams do not take.`);
}

export const isDetached = (buffer) => bufferDetached(buffer);

/** Takes the memory away from whoever holds `buffer`. Throws a TypeError for memory that cannot move. */
export const transferArrayBuffer = (buffer) => bufferTransfer(buffer);

export function copyBytes(target, targetOffset, source, sourceOffset, length) {
  typedArraySet(new Bytes(target, targetOffset, length), new Bytes(source, sourceOffset, length));
}

export function setBytes(target, bytes, offset) {
  typedArraySet(target, bytes, offset);
}

/** CloneAsUint8Array. */
export function cloneAsUint8Array(view) {
  const copy = new Bytes(viewByteLength(view));
  typedArraySet(copy, new Bytes(viewBuffer(view), viewByteOffset(view), copy.length));
  return copy;
}

/** The bytes of a BufferSource over the same memory, or undefined if it is none. */
export function bytesOver(value) {
  if (isUint8Array(value)) return value;
  if (isView(value)) return new Bytes(viewBuffer(value), viewByteOffset(value), viewByteLength(value));
  return isArrayBuffer(value) ? new Bytes(value) : undefined;
}
