// Header lists (https://fetch.spec.whatwg.org/#concept-header-list) as natives take and give them: one flat array
// [name, value, name, value, ...] with lower-case names. Requests and responses keep such a list and make a Headers
// object of it only when somebody asks for one.
import { ByteString, DOMString } from "./webidl.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const lowerCase = uncurry(String.prototype.toLowerCase);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const slice = uncurry(String.prototype.slice);
const copyArray = uncurry(Array.prototype.slice);
const sort = uncurry(Array.prototype.sort);
const isEnumerable = uncurry(Object.prototype.propertyIsEnumerable);
const mapGet = uncurry(Map.prototype.get);
const mapSet = uncurry(Map.prototype.set);
const apply = Reflect.apply;
const ownKeys = Reflect.ownKeys;
const isArray = Array.isArray;
const iteratorSymbol = Symbol.iterator;
const arrayValues = Array.prototype[Symbol.iterator];

// As many headers as most requests and responses have, names and values.
const FEW_MAX = 2 * 24;

export const copyList = (list) => copyArray(list);

/** The values of every header called `name` (lower-case), joined by ", ", or null if there is none. */
export function valueIn(list, name) {
  let value = null;
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === name) value = value === null ? list[i + 1] : `${value}, ${list[i + 1]}`;
  }
  return value;
}

export function hasIn(list, name) {
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === name) return true;
  }
  return false;
}

export function appendTo(list, name, value) {
  list[list.length] = name;
  list[list.length] = value;
}

/** Gives the first header called `name` this value and drops the others, or appends it. */
export function setIn(list, name, value) {
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] !== name) continue;
    list[i + 1] = value;
    deleteFrom(list, name, i + 2);
    return;
  }
  appendTo(list, name, value);
}

export function deleteFrom(list, name, start = 0) {
  let kept = start;
  for (let i = start; i < list.length; i += 2) {
    if (list[i] === name) continue;
    if (kept !== i) {
      list[kept] = list[i];
      list[kept + 1] = list[i + 1];
    }
    kept += 2;
  }
  list.length = kept;
}

/** The list as natives want it (null for an empty one), with the body's length if that is known and not in it. */
export function withLength(list, length) {
  if (length === undefined || hasIn(list, "content-length")) return list.length === 0 ? null : list;
  const copy = copyArray(list);
  appendTo(copy, "content-length", `${length}`);
  return copy;
}

// Where each header stands in a list, in the order of their names; those of one name keep theirs.
function placesByName(list) {
  const places = [];
  // Of few headers each is put in its place as it comes, which costs no call of a function for each comparison.
  if (list.length <= FEW_MAX) {
    for (let i = 0; i < list.length; i += 2) {
      let at = places.length;
      for (; at > 0 && list[places[at - 1]] > list[i]; at--) places[at] = places[at - 1];
      places[at] = i;
    }
    return places;
  }
  for (let i = 0; i < list.length; i += 2) places[places.length] = i;
  // The sort is stable.
  return sort(places, (a, b) => (list[a] < list[b] ? -1 : list[a] > list[b] ? 1 : 0));
}

/** The [name, value] pairs that iteration shows: sorted by name, one pair per name but for set-cookie. */
export function sortedPairs(list) {
  const places = placesByName(list);
  const pairs = [];
  for (let i = 0; i < places.length; i++) {
    const name = list[places[i]];
    const value = list[places[i] + 1];
    const last = pairs.length === 0 ? null : pairs[pairs.length - 1];
    if (last !== null && last[0] === name && name !== "set-cookie") last[1] = `${last[1]}, ${value}`;
    else pairs[pairs.length] = [name, value];
  }
  return pairs;
}

/**
 * A new list of a HeadersInit that is not a Headers object: a sequence of pairs or a record. `what` names the place
 * in error messages.
 */
export function listOfInit(init, what) {
  if (init === null || (typeof init !== "object" && typeof init !== "function")) {
    throw new TypeError(`${what}: the headers are neither an object nor a sequence of pairs.`);
  }
  const iterator = init[iteratorSymbol];
  return iterator === undefined || iterator === null ? listOfRecord(init, what) : listOfPairs(init, iterator, what);
}

function listOfRecord(record, what) {
  const list = [];
  const keys = ownKeys(record);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (!isEnumerable(record, key)) continue;
    const name = ByteString(key);
    const value = headerText(record[key]);
    // Two keys that differ in case only are one header: appended, never replaced.
    appendTo(list, headerName(name, what), headerValue(value, what));
  }
  return list;
}

function listOfPairs(pairs, iterator, what) {
  const converted = arrayOf(pairs, iterator, what);
  const texts = [];
  for (let i = 0; i < converted.length; i++) {
    const pair = converted[i];
    if (pair === null || (typeof pair !== "object" && typeof pair !== "function")) {
      throw new TypeError(`${what}: a header is not a pair of a name and a value.`);
    }
    const both = arrayOf(pair, pair[iteratorSymbol], what);
    if (both.length !== 2) throw new TypeError(`${what}: a header has ${both.length} parts instead of a name and a value.`);
    appendTo(texts, ByteString(both[0]), headerText(both[1]));
  }
  const list = [];
  for (let i = 0; i < texts.length; i += 2) appendTo(list, headerName(texts[i], what), headerValue(texts[i + 1], what));
  return list;
}

// Web IDL's conversion to a sequence, with the usual case, a plain array, walked by index.
function arrayOf(iterable, iterator, what) {
  if (isArray(iterable) && iterator === arrayValues) return iterable;
  if (typeof iterator !== "function") throw new TypeError(`${what}: the headers contain something that is not iterable.`);
  const items = [];
  for (const item of { [iteratorSymbol]: () => apply(iterator, iterable, []) }) items[items.length] = item;
  return items;
}

// Names that were seen to be valid, with their lower-case form: most programs use a handful, over and over. Bounded,
// because a tenant may also make them up.
const knownNames = new Map();
const KNOWN_NAMES_MAX = 256;
const KNOWN_NAME_LENGTH_MAX = 64;

/** A header name in lower case. Throws a TypeError if it is none. */
export function headerName(value, what) {
  const name = DOMString(value);
  const known = mapGet(knownNames, name);
  if (known !== undefined) return known;
  if (!isToken(name)) throw new TypeError(`${what}: ${shown(name)} is not a valid header name.`);
  const lower = lowerCase(name);
  if (knownNames.size < KNOWN_NAMES_MAX && name.length <= KNOWN_NAME_LENGTH_MAX) mapSet(knownNames, name, lower);
  return lower;
}

const headerText = DOMString;

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;

/** A header value without the whitespace around it. Throws a TypeError if it is none. */
export function headerValue(value, what) {
  const text = DOMString(value);
  let start = 0;
  let end = text.length;
  while (start < end && isHttpWhitespace(charCodeAt(text, start))) start++;
  while (end > start && isHttpWhitespace(charCodeAt(text, end - 1))) end--;
  for (let i = start; i < end; i++) {
    const code = charCodeAt(text, i);
    if (code > CARRIAGE_RETURN && code < 256) continue;
    if (code === 0 || code === LINE_FEED || code === CARRIAGE_RETURN) {
      throw new TypeError(`${what}: ${shown(text)} is not a valid header value.`);
    }
    if (code > 255) {
      throw new TypeError(`${what}: the header value ${shown(text)} has a character above 255 at index ${i}.`);
    }
  }
  return start === 0 && end === text.length ? text : slice(text, start, end);
}

function isHttpWhitespace(code) {
  return code === SPACE || code === TAB || code === LINE_FEED || code === CARRIAGE_RETURN;
}

// Which ASCII characters a token (RFC 9110) may have, as bits of four words.
const tokenBits = [0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff];

/** Is this a token as HTTP has them: header names, methods, WebSocket protocols? */
export function isToken(text) {
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    if (code > 127 || ((tokenBits[code >> 5] >>> (code & 31)) & 1) === 0) return false;
  }
  return text.length > 0;
}

function shown(text) {
  return text.length > 64 ? `'${slice(text, 0, 64)}...'` : `'${text}'`;
}
