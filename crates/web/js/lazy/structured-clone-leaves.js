// The part of structured cloning that reads and makes single objects by their internal slots, whatever a tenant has
// done to their prototypes or put onto them.
import { DOMException } from "../dom-exception.js";
import * as kind from "../kinds.js";
import { native } from "../native.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const getter = (prototype, key) => uncurry(Object.getOwnPropertyDescriptor(prototype, key).get);
const { construct } = Reflect;
const { defineProperty: define, hasOwn } = Object;

export function cannotClone(what) {
  return new DOMException(`${what} could not be cloned.`, "DataCloneError");
}

/** Defines a property that is not seen when properties are listed. */
export function hide(target, key, value) {
  define(target, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}

/** Clones what holds nothing but one primitive; throws for all that cannot be cloned. */
export function cloneSimple(value, what) {
  switch (what) {
    case kind.DATE:
      return construct(NativeDate, [dateTime(value)]);
    case kind.REGEXP:
      return construct(NativeRegExp, [regExpSource(value), flagsOf(value)]);
    case kind.BOOLEAN_OBJECT:
      return NativeObject(booleanValue(value));
    case kind.NUMBER_OBJECT:
      return NativeObject(numberValue(value));
    case kind.STRING_OBJECT:
      return NativeObject(stringValue(value));
    case kind.BIGINT_OBJECT:
      return NativeObject(bigIntValue(value));
    default:
      throw cannotClone(NAMES[what] ?? "The value");
  }
}

const NAMES = {
  __proto__: null,
  [kind.FUNCTION]: "A function",
  [kind.PROXY]: "A Proxy",
  [kind.PROMISE]: "A Promise",
  [kind.SHARED_ARRAY_BUFFER]: "A SharedArrayBuffer",
  [kind.SYMBOL_OBJECT]: "A Symbol object",
  [kind.WEAK_MAP]: "A WeakMap",
  [kind.WEAK_SET]: "A WeakSet",
  [kind.MAP_ITERATOR]: "An iterator",
  [kind.SET_ITERATOR]: "An iterator",
  [kind.GENERATOR]: "A generator",
  [kind.MODULE_NAMESPACE]: "A module's namespace",
  [kind.ARGUMENTS]: "An arguments object",
  [kind.WASM]: "A WebAssembly object",
};

const NativeObject = Object;
const NativeDate = Date;
const NativeRegExp = RegExp;
const dateTime = uncurry(Date.prototype.getTime);
const regExpSource = getter(RegExp.prototype, "source");
const booleanValue = uncurry(Boolean.prototype.valueOf);
const numberValue = uncurry(Number.prototype.valueOf);
const stringValue = uncurry(String.prototype.valueOf);
const bigIntValue = uncurry(BigInt.prototype.valueOf);

// Not `regExp.flags`: that one asks the object's properties, which may be a tenant's.
const FLAGS = [
  ["d", "hasIndices"],
  ["g", "global"],
  ["i", "ignoreCase"],
  ["m", "multiline"],
  ["s", "dotAll"],
  ["u", "unicode"],
  ["v", "unicodeSets"],
  ["y", "sticky"],
].map(([letter, name]) => ({ letter, isSet: getter(RegExp.prototype, name) }));

export function flagsOf(regExp) {
  let flags = "";
  for (let i = 0; i < FLAGS.length; i++) {
    if (FLAGS[i].isSet(regExp)) flags += FLAGS[i].letter;
  }
  return flags;
}

const Buffer = ArrayBuffer;
const Bytes = Uint8Array;
const bufferLength = getter(ArrayBuffer.prototype, "byteLength");
const bufferLengthMax = getter(ArrayBuffer.prototype, "maxByteLength");
const bufferResize = uncurry(ArrayBuffer.prototype.resize);
const bufferTransfer = uncurry(ArrayBuffer.prototype.transfer);
const isResizable = getter(ArrayBuffer.prototype, "resizable");
export const isDetached = getter(ArrayBuffer.prototype, "detached");

/** Takes the bytes out of `buffer`, which is detached by it. */
export function transferBuffer(buffer) {
  return bufferTransfer(buffer);
}

export function copyBuffer(buffer) {
  if (isDetached(buffer)) throw cannotClone("A detached ArrayBuffer");
  const length = bufferLength(buffer);
  const copy = isResizable(buffer)
    ? new Buffer(length, { __proto__: null, maxByteLength: bufferLengthMax(buffer) })
    : new Buffer(length);
  typedArraySet(new Bytes(copy), new Bytes(buffer));
  return copy;
}

const TypedArray = Object.getPrototypeOf(Uint8Array);
const typedArrayName = getter(TypedArray.prototype, Symbol.toStringTag);
const typedArrayBuffer = getter(TypedArray.prototype, "buffer");
const typedArrayOffset = getter(TypedArray.prototype, "byteOffset");
const typedArrayLength = getter(TypedArray.prototype, "length");
const typedArrayKeys = uncurry(TypedArray.prototype.keys);
const typedArraySet = uncurry(TypedArray.prototype.set);
const NativeDataView = DataView;
const viewBuffer = getter(DataView.prototype, "buffer");
const viewOffset = getter(DataView.prototype, "byteOffset");
const viewLength = getter(DataView.prototype, "byteLength");
const typedArrays = Object.fromEntries(
  ["Int8", "Uint8", "Uint8Clamped", "Int16", "Uint16", "Int32", "Uint32", "Float16", "Float32", "Float64", "BigInt64", "BigUint64"]
    .filter((name) => globalThis[`${name}Array`] !== undefined)
    .map((name) => [`${name}Array`, globalThis[`${name}Array`]]),
);

/** A view's buffer, and a function that makes the same view over another one. */
export function viewOf(view, what) {
  return what === kind.DATA_VIEW ? dataViewOf(view) : typedArrayOf(view);
}

/** What a view is: the name of its class, its buffer, where it begins in bytes, and how many elements or bytes it has. */
export function shapeOfView(view, what) {
  // Throws if it cannot be cloned.
  const { buffer } = viewOf(view, what);
  if (what === kind.DATA_VIEW) return { name: "DataView", buffer, offset: viewOffset(view), length: viewLength(view) };
  return { name: typedArrayName(view), buffer, offset: typedArrayOffset(view), length: typedArrayLength(view) };
}

/** The view of that shape over a buffer; throws a TypeError or RangeError if there is none. */
export function viewOfShape({ name, buffer, offset, length }) {
  const Class = name === "DataView" ? NativeDataView : hasOwn(typedArrays, name) ? typedArrays[name] : undefined;
  if (Class === undefined) throw new TypeError("The view has a class that is none.");
  return construct(Class, [buffer, offset, length]);
}

function typedArrayOf(view) {
  try {
    // Throws if the buffer is detached, or has shrunk so that the view lies outside of it.
    typedArrayKeys(view);
  } catch {
    throw cannotClone("A view that lies outside of its ArrayBuffer");
  }
  const Class = typedArrays[typedArrayName(view)];
  const buffer = typedArrayBuffer(view);
  const offset = typedArrayOffset(view);
  const length = typedArrayLength(view);
  const unit = Class.BYTES_PER_ELEMENT;
  const fixed = !followsLength(buffer, offset + length * unit, unit, () => typedArrayLength(view) !== length);
  return { buffer, over: (other) => construct(Class, fixed ? [other, offset, length] : [other, offset]) };
}

function dataViewOf(view) {
  try {
    const buffer = viewBuffer(view);
    const offset = viewOffset(view);
    const length = viewLength(view);
    const fixed = !followsLength(buffer, offset + length, 1, () => viewLength(view) !== length);
    return { buffer, over: (other) => construct(NativeDataView, fixed ? [other, offset, length] : [other, offset]) };
  } catch {
    throw cannotClone("A view that lies outside of its ArrayBuffer");
  }
}

// Does a view of a resizable buffer become longer and shorter with it? Nothing in the language tells, so it is tried
// out: the buffer's length is changed and changed back, before any of the tenant's code can see it.
function followsLength(buffer, end, unit, hasChanged) {
  if (native.kindOf(buffer) !== kind.ARRAY_BUFFER || !isResizable(buffer)) return false;
  const length = bufferLength(buffer);
  if (length - end >= unit) return false;
  if (length + unit <= bufferLengthMax(buffer)) return changedAt(buffer, length + unit, length, hasChanged);
  if (length < unit) return false;
  const bytes = new Bytes(new Buffer(unit));
  typedArraySet(bytes, new Bytes(buffer, length - unit));
  const changed = changedAt(buffer, length - unit, length, hasChanged);
  typedArraySet(new Bytes(buffer, length - unit), bytes);
  return changed;
}

function changedAt(buffer, trial, length, hasChanged) {
  bufferResize(buffer, trial);
  try {
    return hasChanged();
  } catch {
    // A DataView of fixed length that lies outside now.
    return false;
  } finally {
    bufferResize(buffer, length);
  }
}
