// Array.from. What resembles an array may say that it is as long as it likes.
import { append, isShort, newArray, put, requireFunction, toLength } from "./elements.js";
import { guard } from "./guard.js";
import { requireRoom } from "./room.js";

const NativeArray = Array;
const NativeObject = Object;
const NativeTypeError = TypeError;
const { apply, construct } = Reflect;
const iterator = Symbol.iterator;

// A character of a string takes a pointer at least, and a string of its own at most.
const CHARACTER_LEAST = 4;
const CHARACTER_MOST = 24;

// A constructor that looks at nothing: to be called in the name of another tells whether that is one.
class Probe extends Object {
  constructor() {
    return probed;
  }
}
const probed = {};

function isConstructor(value) {
  if (value === NativeArray) return true;
  if (typeof value !== "function") return false;
  try {
    return construct(Probe, [], value) === probed;
  } catch {
    return false;
  }
}

// What has been asked for its iterator already.
class Asked {
  #values;
  constructor(values) {
    this.#values = values;
  }
  [iterator]() {
    return this.#values;
  }
}

/** An iterable that gives this iterator, and is not asked again what it is. */
export const asked = (values) => new Asked(values);

function fromIterable(constructor, method, items, mapper, thisArg) {
  if (constructor === NativeArray && mapper === undefined) return listOf(new Asked(apply(method, items, [])));
  const result = isConstructor(constructor) ? new constructor() : [];
  let index = 0;
  for (const value of new Asked(apply(method, items, []))) {
    put(result, index, mapper === undefined ? value : apply(mapper, thisArg, [value, index]));
    index++;
  }
  result.length = index;
  return result;
}

function listOf(iterable) {
  const result = [];
  let index = 0;
  for (const value of iterable) append(result, index++, value);
  return result;
}

function fromLike(constructor, like, mapper, thisArg) {
  const length = toLength(like.length);
  const result = isConstructor(constructor) ? new constructor(length) : newArray(length);
  for (let i = 0; i < length; i++) put(result, i, mapper === undefined ? like[i] : apply(mapper, thisArg, [like[i], i]));
  result.length = length;
  return result;
}

guard(Array, {
  from(items) {
    const mapper = arguments[1];
    if (items === null || items === undefined || isShort(items)) return super.from(items, mapper, arguments[2]);
    if (mapper !== undefined) requireFunction(mapper);
    if (typeof items === "string") requireRoom(items.length * CHARACTER_LEAST, items.length * CHARACTER_MOST);
    const method = items[iterator];
    if (method === undefined || method === null) return fromLike(this, NativeObject(items), mapper, arguments[2]);
    if (typeof method !== "function") throw new NativeTypeError(`${typeof method} is not a function`);
    return fromIterable(this, method, items, mapper, arguments[2]);
  },
});
