// Typed arrays. What only moves their bytes is done soon, since there are not that many; what calls a function for each
// element, sorts or makes texts is not.
import { asked } from "./array-making.js";
import { append, isDense, isObject, toLength } from "./elements.js";
import { guard, guardEntries } from "./guard.js";
import { sorted } from "./arrays-sorting.js";
import { PARTS, settled } from "./settled.js";

const NativeTypeError = TypeError;
const NativeRangeError = RangeError;
const NativeObject = Object;
const { apply, getPrototypeOf, getOwnPropertyDescriptor } = Reflect;
const { isView } = ArrayBuffer;
const { min, trunc } = Math;
const { iterator, species, toStringTag } = Symbol;
const TypedArray = getPrototypeOf(Uint8Array);
const { prototype } = TypedArray;
const getter = (key) => getOwnPropertyDescriptor(prototype, key).get;
const lengthGetter = getter("length");
const tagGetter = getter(toStringTag);
const bufferGetter = getter("buffer");
const offsetGetter = getter("byteOffset");
const nativeSort = prototype.sort;
const constructors = { __proto__: null, Float16Array: globalThis.Float16Array };
for (const type of [BigInt64Array, BigUint64Array, Float32Array, Float64Array, Int16Array, Int32Array, Int8Array, Uint16Array, Uint32Array, Uint8Array, Uint8ClampedArray]) {
  constructors[type.name] = type;
}

// Up to this length, built-ins that call something for each element are left alone.
const CALLED_MAX = 1 << 8;
// As many elements as the built-in sorts at once.
const PIECE_MAX = 1 << 17;

const tagOf = (value) => apply(tagGetter, value, []);
const lengthOf = (value) => apply(lengthGetter, value, []);
const isLong = (value, most) => isView(value) && tagOf(value) !== undefined && lengthOf(value) > most;
const holdsBigInts = (value) => tagOf(value) === "BigInt64Array" || tagOf(value) === "BigUint64Array";

function requireFunction(value) {
  if (typeof value !== "function") throw new NativeTypeError(`${typeof value} is not a function`);
}

// TypedArraySpeciesCreate.
function makeLike(list, length) {
  const usual = constructors[tagOf(list)];
  let type = list.constructor;
  if (type !== undefined) {
    if (!isObject(type)) throw new NativeTypeError("object.constructor is not an object");
    type = type[species];
  }
  const result = new (type === undefined || type === null ? usual : type)(length);
  return checked(result, length, holdsBigInts(list));
}

function checked(result, length, bigInts) {
  if (!isView(result) || tagOf(result) === undefined) throw new NativeTypeError("this is not a typed array.");
  if (lengthOf(result) < length) throw new NativeTypeError("Derived TypedArray constructor created an array which was too small");
  if (bigInts !== undefined && holdsBigInts(result) !== bigInts) throw new NativeTypeError("Content type of source and derived typed arrays differ");
  return result;
}

function visit(list, callback, thisArg, stop) {
  requireFunction(callback);
  const length = lengthOf(list);
  for (let i = 0; i < length; i++) {
    if (!!apply(callback, thisArg, [list[i], i, list]) === stop) return true;
  }
  return false;
}

function each(list, callback, thisArg) {
  requireFunction(callback);
  const length = lengthOf(list);
  for (let i = 0; i < length; i++) apply(callback, thisArg, [list[i], i, list]);
}

function mapped(list, callback, thisArg) {
  requireFunction(callback);
  const length = lengthOf(list);
  const result = makeLike(list, length);
  for (let i = 0; i < length; i++) result[i] = apply(callback, thisArg, [list[i], i, list]);
  return result;
}

function filtered(list, callback, thisArg) {
  requireFunction(callback);
  const length = lengthOf(list);
  const kept = [];
  for (let i = 0; i < length; i++) {
    const value = list[i];
    if (apply(callback, thisArg, [value, i, list])) kept[kept.length] = value;
  }
  const result = makeLike(list, kept.length);
  for (let i = 0; i < kept.length; i++) result[i] = kept[i];
  return result;
}

function seek(list, callback, thisArg, step) {
  requireFunction(callback);
  const length = lengthOf(list);
  const end = step > 0 ? length : -1;
  for (let i = step > 0 ? 0 : length - 1; i !== end; i += step) {
    const value = list[i];
    if (apply(callback, thisArg, [value, i, list])) return { index: i, value };
  }
  return { index: -1, value: undefined };
}

// Only for those that are long, so that there is a first element.
function reduced(list, callback, args, step) {
  requireFunction(callback);
  const length = lengthOf(list);
  const end = step > 0 ? length : -1;
  let i = step > 0 ? 0 : length - 1;
  let result = args[1];
  if (args.length < 2) {
    result = list[i];
    i += step;
  }
  for (; i !== end; i += step) result = apply(callback, undefined, [result, list[i], i, list]);
  return result;
}

function joined(list, separator, textOf) {
  const length = lengthOf(list);
  const between = separator === undefined ? "," : `${separator}`;
  let text = "";
  let part = "";
  for (let i = 0; i < length; i++) {
    if (i > 0) part += between;
    const value = list[i];
    if (value !== undefined) part += textOf(value);
    if ((i & PARTS) === PARTS) {
      text += settled(part);
      part = "";
    }
  }
  return text + part;
}

// Sorts pieces where they are, then puts them together.
function sortNumbers(list) {
  const length = lengthOf(list);
  const type = constructors[tagOf(list)];
  const buffer = apply(bufferGetter, list, []);
  const offset = apply(offsetGetter, list, []);
  for (let at = 0; at < length; at += PIECE_MAX) {
    apply(nativeSort, new type(buffer, offset + at * type.BYTES_PER_ELEMENT, min(PIECE_MAX, length - at)), []);
  }
  let from = list;
  let into = new type(length);
  for (let width = PIECE_MAX; width < length; width *= 2) {
    for (let at = 0; at < length; at += 2 * width) merge(from, into, at, min(at + width, length), min(at + 2 * width, length));
    const other = from;
    from = into;
    into = other;
  }
  if (from !== list) for (let i = 0; i < length; i++) list[i] = from[i];
  return list;
}

function merge(from, into, start, middle, end) {
  let left = start;
  let right = middle;
  for (let i = start; i < end; i++) {
    if (left < middle && (right >= end || !isBefore(from[right], from[left]))) into[i] = from[left++];
    else into[i] = from[right++];
  }
}

// Minus zero comes before zero, and what is no number last.
function isBefore(one, other) {
  if (one < other) return true;
  if (one > other) return false;
  if (one !== one || other !== other) return one === one && other !== other;
  return one === 0 && other === 0 && 1 / one < 1 / other;
}

function sortBy(list, comparator, target) {
  const length = lengthOf(list);
  const values = [];
  for (let i = 0; i < length; i++) values[i] = list[i];
  const result = sorted(values, comparator);
  for (let i = 0; i < length; i++) target[i] = result[i];
  return target;
}

guard(prototype, {
  every(callback) {
    return isLong(this, CALLED_MAX) ? !visit(this, callback, arguments[1], false) : super.every(callback, arguments[1]);
  },
  some(callback) {
    return isLong(this, CALLED_MAX) ? visit(this, callback, arguments[1], true) : super.some(callback, arguments[1]);
  },
  forEach(callback) {
    return isLong(this, CALLED_MAX) ? each(this, callback, arguments[1]) : super.forEach(callback, arguments[1]);
  },
  map(callback) {
    return isLong(this, CALLED_MAX) ? mapped(this, callback, arguments[1]) : super.map(callback, arguments[1]);
  },
  filter(callback) {
    return isLong(this, CALLED_MAX) ? filtered(this, callback, arguments[1]) : super.filter(callback, arguments[1]);
  },
  find(callback) {
    return isLong(this, CALLED_MAX) ? seek(this, callback, arguments[1], 1).value : super.find(callback, arguments[1]);
  },
  findIndex(callback) {
    return isLong(this, CALLED_MAX) ? seek(this, callback, arguments[1], 1).index : super.findIndex(callback, arguments[1]);
  },
  findLast(callback) {
    return isLong(this, CALLED_MAX) ? seek(this, callback, arguments[1], -1).value : super.findLast(callback, arguments[1]);
  },
  findLastIndex(callback) {
    return isLong(this, CALLED_MAX) ? seek(this, callback, arguments[1], -1).index : super.findLastIndex(callback, arguments[1]);
  },
  reduce(callback) {
    if (isLong(this, CALLED_MAX)) return reduced(this, callback, arguments, 1);
    return arguments.length > 1 ? super.reduce(callback, arguments[1]) : super.reduce(callback);
  },
  reduceRight(callback) {
    if (isLong(this, CALLED_MAX)) return reduced(this, callback, arguments, -1);
    return arguments.length > 1 ? super.reduceRight(callback, arguments[1]) : super.reduceRight(callback);
  },
  join(separator) {
    return isLong(this, CALLED_MAX) ? joined(this, separator, (value) => `${value}`) : super.join(separator);
  },
  toLocaleString() {
    if (!isLong(this, CALLED_MAX)) return super.toLocaleString(arguments[0], arguments[1]);
    return joined(this, undefined, (value) => `${value.toLocaleString(arguments[0], arguments[1])}`);
  },
  set(source) {
    const offset = arguments[1];
    if (!isView(source) && !isDense(source) && isLong(this, 0)) return setFrom(this, source, offset);
    return super.set(source, offset);
  },
  sort(comparator) {
    if (comparator === undefined) return isLong(this, PIECE_MAX) ? sortNumbers(this) : super.sort();
    if (typeof comparator !== "function" || !isLong(this, 1)) return super.sort(comparator);
    return sortBy(this, comparator, this);
  },
  toSorted(comparator) {
    if (comparator === undefined ? !isLong(this, PIECE_MAX) : typeof comparator !== "function" || !isLong(this, 1)) return super.toSorted(comparator);
    const copy = new constructors[tagOf(this)](this);
    return comparator === undefined ? sortNumbers(copy) : sortBy(this, comparator, copy);
  },
  fill(value) {
    return super.fill(value, arguments[1], arguments[2]);
  },
  slice(start, end) {
    return super.slice(start, end);
  },
  indexOf(value) {
    return arguments.length > 1 ? super.indexOf(value, arguments[1]) : super.indexOf(value);
  },
  includes(value) {
    return arguments.length > 1 ? super.includes(value, arguments[1]) : super.includes(value);
  },
});
guardEntries(prototype, ["copyWithin", "lastIndexOf", "reverse", "toReversed", "with"]);

function setFrom(list, source, offset) {
  const to = trunc(+offset) || 0;
  if (to < 0) throw new NativeRangeError("offset is out of bounds");
  const like = NativeObject(source);
  if (source === null || source === undefined) throw new NativeTypeError("Cannot convert undefined or null to object");
  const length = toLength(like.length);
  if (to + length > lengthOf(list)) throw new NativeRangeError("offset is out of bounds");
  for (let i = 0; i < length; i++) list[to + i] = like[i];
}

function fromIterable(type, method, source, mapper, thisArg) {
  const values = [];
  for (const value of asked(apply(method, source, []))) append(values, values.length, value);
  return fromLike(type, values, mapper, thisArg);
}

function fromLike(type, like, mapper, thisArg) {
  const length = toLength(like.length);
  const result = checked(new type(length), length);
  for (let i = 0; i < length; i++) result[i] = mapper === undefined ? like[i] : apply(mapper, thisArg, [like[i], i]);
  return result;
}

guard(TypedArray, {
  from(source) {
    const mapper = arguments[1];
    if (source === null || source === undefined || (mapper !== undefined && typeof mapper !== "function") || typeof this !== "function") {
      return super.from(source, mapper, arguments[2]);
    }
    const method = source[iterator];
    if (method === undefined || method === null) return fromLike(this, NativeObject(source), mapper, arguments[2]);
    if (typeof method !== "function") throw new NativeTypeError(`${typeof method} is not a function`);
    return fromIterable(this, method, source, mapper, arguments[2]);
  },
});

// Bytes as texts: all at once, but looked at each time.
guardEntries(Uint8Array, ["fromBase64", "fromHex"]);
guardEntries(Uint8Array.prototype, ["setFromBase64", "setFromHex", "toBase64", "toHex"]);
guardEntries(ArrayBuffer.prototype, ["resize", "slice", "transfer", "transferToFixedLength"]);
