// The abstract operations of the standard that methods of arrays are made of (ECMA-262, "Operations on Objects").
import { isRealArray } from "./proxies.js";

const NativeArray = Array;
const NativeObject = Object;
const NativeTypeError = TypeError;
const NativeRangeError = RangeError;
const { isArray } = Array;
const { defineProperty: define, hasOwn } = Object;
const { forEach } = Array.prototype;
const { apply } = Reflect;
const { trunc, floor, random } = Math;
const { species, isConcatSpreadable } = Symbol;

/** Up to this length, one call of a built-in for an array is over before anybody waits. */
export const DENSE_MAX = 1 << 18;
/** V8 has no array without holes that is longer. */
const SOLID_MAX = 1 << 25;
const SAMPLES = 12;
export const LENGTH_MAX = 2 ** 53 - 1;
const ARRAY_LENGTH_MAX = 2 ** 32 - 1;

export const isObject = (value) => (typeof value === "object" ? value !== null : typeof value === "function");

/** Up to this length, a built-in may call another for each element: that may take its time. */
const CALLED_MAX = 1 << 8;

/** True for arrays that a built-in is done with soon. */
export const isDense = (value) => isRealArray(value) && value.length <= DENSE_MAX;

/** True for arrays that a built-in is done with soon, whatever it calls for each element. */
export const isShort = (value) => isRealArray(value) && value.length <= CALLED_MAX;

/** True for arrays that a built-in which moves memory is done with soon: longer ones, too, if they have no holes. */
export const isSolid = (value) => isRealArray(value) && (value.length <= DENSE_MAX || isFull(value));

// An array with far more holes than elements is a dictionary to V8, in which it looks up each index. Whoever makes a
// dictionary without holes pays for it with memory, so that it cannot be long.
function isFull(list) {
  const { length } = list;
  if (length > SOLID_MAX) return false;
  for (let i = 0; i < SAMPLES; i++) {
    if (!hasOwn(list, floor(random() * length))) return false;
  }
  return true;
}

export function toObject(value, method) {
  if (value === null || value === undefined) {
    throw new NativeTypeError(`Array.prototype.${method} called on null or undefined`);
  }
  return NativeObject(value);
}

export function toInteger(value) {
  const number = trunc(+value);
  return number === number ? number + 0 : 0;
}

export function toLength(value) {
  const length = toInteger(value);
  return length <= 0 ? 0 : length < LENGTH_MAX ? length : LENGTH_MAX;
}

/** An index that counts from the end if it is negative, between 0 and `length`. */
export function toIndex(value, length) {
  const index = toInteger(value);
  return index < 0 ? (index + length > 0 ? index + length : 0) : index < length ? index : length;
}

/** Throws what the built-ins throw when they are given no function to call. */
export function requireFunction(value) {
  if (typeof value !== "function") apply(forEach, [], [value]);
}

export function newArray(length) {
  if (length > ARRAY_LENGTH_MAX) throw new NativeRangeError("Invalid array length");
  return new NativeArray(length);
}

/** The class that `list` wants its copies to be of (ArraySpeciesCreate); undefined for plain arrays. */
export function speciesOf(list) {
  if (!isArray(list)) return undefined;
  let constructor = list.constructor;
  if (isObject(constructor)) {
    constructor = constructor[species];
    if (constructor === null) constructor = undefined;
  }
  return constructor === NativeArray ? undefined : constructor;
}

export const makeOf = (constructor, length) => (constructor === undefined ? newArray(length) : new constructor(length));

/** As `put`, for a list that was made here and has nothing at `index` yet. */
export function append(list, index, value) {
  if (index in list) define(list, index, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  else list[index] = value;
}

/** Defines an element, whatever the prototypes say about that index (CreateDataPropertyOrThrow). */
export function put(list, index, value) {
  if (isRealArray(list) && !(index in list)) list[index] = value;
  else define(list, index, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

export function isSpreadable(value) {
  if (!isObject(value)) return false;
  const spreadable = value[isConcatSpreadable];
  return spreadable === undefined ? isArray(value) : !!spreadable;
}

export function requireLength(length) {
  if (length > LENGTH_MAX) throw new NativeTypeError(`Pushing ${length - LENGTH_MAX} elements on an array-like of length ${LENGTH_MAX} is disallowed, as the total surpasses 2**53-1`);
}
