// Web IDL (https://webidl.spec.whatwg.org/): conversions from JavaScript values, and the shape that
// interfaces have. Every interface of this room is an ordinary class that `defineInterface` finishes.

const apply = Reflect.apply;

/** Makes the members of `Class` enumerable and names it, as Web IDL wants interfaces to be. */
export function defineInterface(Class, name = Class.name) {
  enumerable(Class.prototype);
  enumerable(Class, ["length", "name", "prototype"]);
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
  Object.defineProperty(Class, "name", { value: name, configurable: true });
}

/** Makes every string-named member of an object enumerable, but for those in `except`. */
export function enumerable(object, except = ["constructor"]) {
  for (const key of Object.getOwnPropertyNames(object)) {
    if (except.includes(key)) continue;
    const descriptor = Object.getOwnPropertyDescriptor(object, key);
    descriptor.enumerable = true;
    Object.defineProperty(object, key, descriptor);
  }
}

/** Defines constants (such as `Event.NONE`) on an interface and on its prototype. */
export function defineConstants(Class, constants) {
  for (const [key, value] of Object.entries(constants)) {
    const descriptor = { value, enumerable: true, writable: false, configurable: false };
    Object.defineProperty(Class, key, descriptor);
    Object.defineProperty(Class.prototype, key, descriptor);
  }
}

/** Throws unless an operation got the arguments that it requires. */
export function requireArguments(length, required, what) {
  if (length < required) {
    const wanted = `${required} argument${required === 1 ? "" : "s"}`;
    throw new TypeError(`${what}: ${wanted} required, but only ${length} present.`);
  }
}

export function illegalConstructor() {
  throw new TypeError("Illegal constructor");
}

export function DOMString(value) {
  if (typeof value === "string") return value;
  if (typeof value === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
  return String(value);
}

const toWellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);
export function USVString(value) {
  return toWellFormed(DOMString(value));
}

export function ByteString(value) {
  const string = DOMString(value);
  for (let i = 0; i < string.length; i++) {
    if (string.charCodeAt(i) > 255) {
      const where = `the character at index ${i}`;
      throw new TypeError(`Cannot convert a string to a ByteString: ${where} has a value above 255.`);
    }
  }
  return string;
}

export function double(value, what = "The value") {
  const number = Number(value);
  if (!Number.isFinite(number)) throw new TypeError(`${what} is not a finite number.`);
  return number;
}

// What the conversions to integers are made with, where a caller says nothing. Without a prototype, as all that is looked at
// here: what a tenant puts on Object.prototype is no option of anybody's.
const WRAPPING = { __proto__: null, mode: "wrap", what: "The value" };

// An integer type with `bits` bits, as Web IDL's ConvertToInt does it.
function integer(value, { bits, signed, mode, what }) {
  const upper = bits === 64 ? Number.MAX_SAFE_INTEGER : 2 ** (signed ? bits - 1 : bits) - 1;
  const lower = !signed ? 0 : bits === 64 ? Number.MIN_SAFE_INTEGER : -(2 ** (bits - 1));
  let number = Number(value);
  if (mode === "enforce") {
    if (!Number.isFinite(number)) throw new TypeError(`${what} is not a finite number.`);
    number = Math.trunc(number) + 0;
    if (number < lower || number > upper) throw new TypeError(`${what} is outside the accepted range.`);
    return number;
  }
  if (mode === "clamp") {
    if (Number.isNaN(number)) return 0;
    number = Math.min(Math.max(number, lower), upper);
    const floor = Math.floor(number);
    const rest = number - floor;
    const rounded = rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
    return rounded + 0;
  }
  if (!Number.isFinite(number)) return 0;
  const modulus = 2 ** bits;
  // Brought into range by at most one step from whichever side it is on: adding 2^64 to a small number and taking it
  // away again would lose that number.
  number = (Math.trunc(number) % modulus) + 0;
  const upperEnd = signed ? modulus / 2 : modulus;
  if (number >= upperEnd) return number - modulus;
  return number < upperEnd - modulus ? number + modulus : number;
}

export const octet = (value, options) => integer(value, { __proto__: null, ...WRAPPING, bits: 8, signed: false, ...options });
export const unsignedShort = (value, options) => integer(value, { __proto__: null, ...WRAPPING, bits: 16, signed: false, ...options });
export const long = (value, options) => integer(value, { __proto__: null, ...WRAPPING, bits: 32, signed: true, ...options });
export const unsignedLong = (value, options) => integer(value, { __proto__: null, ...WRAPPING, bits: 32, signed: false, ...options });
export const longLong = (value, options) => integer(value, { __proto__: null, ...WRAPPING, bits: 64, signed: true, ...options });
export const unsignedLongLong = (value, options) => integer(value, { __proto__: null, ...WRAPPING, bits: 64, signed: false, ...options });

/** A dictionary argument: null and undefined are an empty one, anything else must be an object. */
export function dictionary(value, what = "The options") {
  if (value === undefined || value === null) return { __proto__: null };
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError(`${what} must be an object.`);
  return value;
}

/** One of an enumeration's strings. */
export function enumeration(value, allowed, what) {
  const string = DOMString(value);
  if (allowed.includes(string)) return string;
  const choices = allowed.map((one) => `'${one}'`).join(", ");
  throw new TypeError(`${what}: '${string}' is not one of ${choices}.`);
}

/** A sequence<T>: the items of any iterable object, each converted. */
export function sequence(value, convert, what = "The value") {
  const method = isObject(value) ? value[Symbol.iterator] : undefined;
  if (method === undefined || method === null) throw new TypeError(`${what} is not iterable.`);
  return sequenceBy(value, method, convert, what);
}

/** The same when the iterator method is known already, as it is when a union of types had to ask for it. */
export function sequenceBy(value, method, convert, what = "The value") {
  if (typeof method !== "function") throw new TypeError(`${what} is not iterable.`);
  const iterator = apply(method, value, []);
  if (!isObject(iterator)) throw new TypeError(`${what} is not iterable: its iterator is not an object.`);
  const next = iterator.next;
  const list = [];
  for (;;) {
    const step = apply(next, iterator, []);
    if (!isObject(step)) throw new TypeError(`${what} is not iterable: its iterator gave no object.`);
    if (step.done) return list;
    const item = step.value;
    list[list.length] = convert === undefined ? item : convert(item);
  }
}

/** A record<K, V> as a list of [key, value] pairs, in the order of the object's own enumerable properties. */
export function record(object, convertKey, convertValue) {
  const pairs = [];
  const places = { __proto__: null };
  const keys = Reflect.ownKeys(object);
  for (let i = 0; i < keys.length; i++) {
    const descriptor = Reflect.getOwnPropertyDescriptor(object, keys[i]);
    if (descriptor === undefined || !descriptor.enumerable) continue;
    const key = convertKey(keys[i]);
    const value = convertValue(object[keys[i]]);
    // Two keys may become one by their conversion: the later value wins, in the earlier's place.
    const place = (places[key] ??= pairs.length);
    pairs[place] = [key, value];
  }
  return pairs;
}

export function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** The bytes of a BufferSource as a Uint8Array over the same memory, or undefined if it is none. */
export function bytesOf(value) {
  if (isView(value)) {
    const { buffer, byteOffset, byteLength } = apply(typedArrayName, value, []) === undefined ? ofDataView : ofTypedArray;
    return new Bytes(apply(buffer, value, []), apply(byteOffset, value, []), apply(byteLength, value, []));
  }
  if (isArrayBuffer(value)) return new Bytes(value);
  return undefined;
}

// The getters that were there before any tenant, whose own may lie.
const { isView } = ArrayBuffer;
const Bytes = Uint8Array;
const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const getter = (prototype, key) => Object.getOwnPropertyDescriptor(prototype, key).get;
const placeGetters = (prototype) => ({
  __proto__: null,
  buffer: getter(prototype, "buffer"),
  byteOffset: getter(prototype, "byteOffset"),
  byteLength: getter(prototype, "byteLength"),
});
const [ofTypedArray, ofDataView] = [placeGetters(TypedArrayPrototype), placeGetters(DataView.prototype)];
const typedArrayName = getter(TypedArrayPrototype, Symbol.toStringTag);
const bufferLength = getter(ArrayBuffer.prototype, "byteLength");

export function isArrayBuffer(value) {
  try {
    apply(bufferLength, value, []);
    return true;
  } catch {
    return false;
  }
}

/** Iteration as Web IDL's `iterable<K, V>`: adds entries, keys, values, forEach and @@iterator over `pairs(this)`. */
export function definePairIterable(Class, pairs, name) {
  const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  class Iterate {
    #target;
    #kind;
    #index = 0;
    constructor(target, kind) {
      this.#target = target;
      this.#kind = kind;
    }
    next() {
      const list = pairs(this.#target);
      if (this.#index >= list.length) return { value: undefined, done: true };
      const pair = list[this.#index++];
      const kind = this.#kind;
      return { value: kind === "key" ? pair[0] : kind === "value" ? pair[1] : [pair[0], pair[1]], done: false };
    }
  }
  delete Iterate.prototype.constructor;
  Object.setPrototypeOf(Iterate.prototype, IteratorPrototype);
  enumerable(Iterate.prototype);
  Object.defineProperty(Iterate.prototype, Symbol.toStringTag, { value: `${name} Iterator`, configurable: true });
  const iterate = (target, kind) => new Iterate(target, kind);
  const members = {
    entries() {
      pairs(this);
      return iterate(this, "entry");
    },
    keys() {
      pairs(this);
      return iterate(this, "key");
    },
    values() {
      pairs(this);
      return iterate(this, "value");
    },
    forEach(callback, thisArg = undefined) {
      pairs(this);
      requireArguments(arguments.length, 1, `${name}.forEach`);
      if (typeof callback !== "function") throw new TypeError(`${name}.forEach: the callback is not a function.`);
      for (let i = 0; i < pairs(this).length; i++) {
        const pair = pairs(this)[i];
        apply(callback, thisArg, [pair[1], pair[0], this]);
      }
    },
  };
  for (const [key, value] of Object.entries(members)) {
    Object.defineProperty(Class.prototype, key, { value, writable: true, enumerable: true, configurable: true });
  }
  const iterator = { value: members.entries, writable: true, enumerable: false, configurable: true };
  Object.defineProperty(Class.prototype, Symbol.iterator, iterator);
}
