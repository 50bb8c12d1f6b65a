// Sorting. The built-in sorts short pieces, and what puts the pieces together is JavaScript, so that a long sort can be
// stopped whatever compares.
import { append, isDense, isShort, newArray, toLength, toObject } from "./elements.js";
import { guard } from "./guard.js";

const NativeArray = Array;
const { sort: nativeSort } = Array.prototype;
const { apply } = Reflect;
const { min } = Math;

// The built-in sorts no more than this with a function that compares: another built-in, maybe.
const PIECE_MAX = 32;
// The default order is that of texts. Up to so many short ones are left to the built-in.
const TEXTS_MAX = 1 << 13;
const TEXT_LENGTH_MAX = 1 << 8;

// Compares as the default does. A function of its own, since a function is looked at when it is called: to compare two
// long texts that are almost the same takes long.
function compareTexts(one, other) {
  const x = typeof one === "string" ? one : `${one}`;
  const y = typeof other === "string" ? other : `${other}`;
  return x < y ? -1 : x === y ? 0 : 1;
}

/** Sorts a list that has no holes and that nobody else has; gives it, or another one. */
export function sorted(list, comparator = compareTexts) {
  const { length } = list;
  for (let start = 0; start < length; start += PIECE_MAX) sortPiece(list, start, min(start + PIECE_MAX, length), comparator);
  let from = list;
  let into = new NativeArray(length);
  for (let width = PIECE_MAX; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width) {
      merge(from, into, start, min(start + width, length), min(start + 2 * width, length), comparator);
    }
    const other = from;
    from = into;
    into = other;
  }
  return from;
}

function sortPiece(list, start, end, comparator) {
  const piece = new NativeArray(end - start);
  for (let i = start; i < end; i++) piece[i - start] = list[i];
  apply(nativeSort, piece, [comparator]);
  for (let i = start; i < end; i++) list[i] = piece[i - start];
}

function merge(from, into, start, middle, end, comparator) {
  let left = start;
  let right = middle;
  // What is in order already is only copied.
  if (middle < end && !(comparator(from[middle - 1], from[middle]) > 0)) right = end;
  for (let i = start; i < end; i++) {
    if (left < middle && (right >= end || !(comparator(from[left], from[right]) > 0))) into[i] = from[left++];
    else if (left >= middle && right >= end) into[i] = from[i];
    else into[i] = from[right++];
  }
}

// The elements that are there and are not undefined; and how many are undefined.
function collect(list, length, holes) {
  const values = [];
  let count = 0;
  let undefineds = 0;
  for (let i = 0; i < length; i++) {
    if (!holes && !(i in list)) continue;
    const value = list[i];
    if (value === undefined) undefineds++;
    else append(values, count++, value);
  }
  return { values, undefineds };
}

function sortInPlace(target, comparator) {
  const list = toObject(target, "sort");
  const length = toLength(list.length);
  const { values, undefineds } = collect(list, length, false);
  const result = sorted(values, comparator);
  let to = 0;
  for (; to < result.length; to++) list[to] = result[to];
  for (const end = to + undefineds; to < end; to++) list[to] = undefined;
  for (; to < length; to++) delete list[to];
  return list;
}

function sortedCopy(target, comparator) {
  const list = toObject(target, "toSorted");
  const length = toLength(list.length);
  const result = newArray(length);
  const { values, undefineds } = collect(list, length, true);
  const ordered = sorted(values, comparator);
  for (let i = 0; i < length - undefineds; i++) append(result, i, ordered[i]);
  for (let i = length - undefineds; i < length; i++) append(result, i, undefined);
  return result;
}

// Whether the built-in may do it alone.
function sortsSoon(list, comparator) {
  if (comparator !== undefined) return typeof comparator !== "function" || (isShort(list) && list.length <= PIECE_MAX);
  if (!isDense(list) || list.length > TEXTS_MAX) return false;
  const { length } = list;
  for (let i = 0; i < length; i++) {
    const value = list[i];
    if (typeof value === "string" ? value.length > TEXT_LENGTH_MAX : typeof value !== "number" && value !== undefined) return false;
  }
  return true;
}

guard(Array.prototype, {
  sort(comparator) {
    return sortsSoon(this, comparator) ? super.sort(comparator) : sortInPlace(this, comparator);
  },
  toSorted(comparator) {
    return sortsSoon(this, comparator) ? super.toSorted(comparator) : sortedCopy(this, comparator);
  },
});
