// Queuing strategies: how large a chunk is, and how much of it a queue wants to hold.

import { defineInterface, isObject, requireArguments } from "../../webidl.js";
import { callbackMember } from "./dictionaries.js";

const { apply } = Reflect;

// Each is the one function of the realm that every strategy's `size` getter gives. Methods, since a method is no
// constructor and has no `prototype`.
const byteLengthSize = { size(chunk) { return chunk.byteLength; } }.size;
const countSize = { size() { return 1; } }.size;

export class ByteLengthQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    requireArguments(arguments.length, 1, "ByteLengthQueuingStrategy");
    this.#highWaterMark = requiredHighWaterMark(init, "ByteLengthQueuingStrategy");
  }

  get highWaterMark() {
    return this.#highWaterMark;
  }

  get size() {
    this.#highWaterMark;
    return byteLengthSize;
  }
}
defineInterface(ByteLengthQueuingStrategy);

export class CountQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    requireArguments(arguments.length, 1, "CountQueuingStrategy");
    this.#highWaterMark = requiredHighWaterMark(init, "CountQueuingStrategy");
  }

  get highWaterMark() {
    return this.#highWaterMark;
  }

  get size() {
    this.#highWaterMark;
    return countSize;
  }
}
defineInterface(CountQueuingStrategy);

function requiredHighWaterMark(init, what) {
  const highWaterMark = isObject(init) ? init.highWaterMark : undefined;
  if (init !== undefined && init !== null && !isObject(init)) throw new TypeError(`${what}: the options must be an object.`);
  if (highWaterMark === undefined) throw new TypeError(`${what}: the member 'highWaterMark' is required.`);
  return +highWaterMark;
}

/** Every chunk counts as one: the size algorithm of streams that were given none. */
export const sizeOfOne = () => 1;
export const sizeInBytes = (chunk) => chunk.byteLength;

const NO_STRATEGY = { __proto__: null, highWaterMark: undefined, size: undefined };

/** The QueuingStrategy dictionary. */
export function queuingStrategy(value, what) {
  if (value === undefined || value === null) return NO_STRATEGY;
  if (!isObject(value)) throw new TypeError(`${what}: the strategy must be an object.`);
  let { highWaterMark } = value;
  if (highWaterMark !== undefined) highWaterMark = +highWaterMark;
  return { __proto__: null, highWaterMark, size: callbackMember(value, "size", what) };
}

export function extractHighWaterMark(strategy, otherwise, what) {
  const { highWaterMark } = strategy;
  if (highWaterMark === undefined) return otherwise;
  if (!(highWaterMark >= 0)) throw new RangeError(`${what}: highWaterMark is ${highWaterMark}, but it must be a non-negative number.`);
  return highWaterMark;
}

export function extractSizeAlgorithm(strategy) {
  const { size } = strategy;
  if (size === undefined || size === countSize) return sizeOfOne;
  return (chunk) => +apply(size, undefined, [chunk]);
}
