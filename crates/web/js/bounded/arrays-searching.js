// The methods of arrays that look for an element, or make a string of all.
import { isDense, isSolid, toInteger, toLength, toObject } from "./elements.js";
import { guard } from "./guard.js";
import { PARTS, settled } from "./settled.js";

const NativeTypeError = TypeError;
const { apply } = Reflect;

// To compare two strings that differ in their last character takes as long as they are; so it is with big integers.
const SHORT_TEXT = 1 << 10;
const comparesSoon = (value) => (typeof value === "string" ? value.length <= SHORT_TEXT : typeof value !== "bigint");

// Where to begin; from the end if it is negative.
function startOf(from, length) {
  const index = toInteger(from);
  return index >= 0 ? index : index + length > 0 ? index + length : 0;
}

function indexIn(target, value, from) {
  const list = toObject(target, "indexOf");
  const length = toLength(list.length);
  if (length === 0) return -1;
  for (let i = startOf(from, length); i < length; i++) {
    if (i in list && list[i] === value) return i;
  }
  return -1;
}

function lastIndexIn(target, value, args) {
  const list = toObject(target, "lastIndexOf");
  const length = toLength(list.length);
  if (length === 0) return -1;
  const from = args.length > 1 ? toInteger(args[1]) : length - 1;
  for (let i = from >= 0 ? (from < length ? from : length - 1) : length + from; i >= 0; i--) {
    if (i in list && list[i] === value) return i;
  }
  return -1;
}

function isIn(target, value, from) {
  const list = toObject(target, "includes");
  const length = toLength(list.length);
  if (length === 0) return false;
  for (let i = startOf(from, length); i < length; i++) {
    const element = list[i];
    // Not a number is the same as not a number, here.
    if (element === value || (element !== element && value !== value)) return true;
  }
  return false;
}

// What is being joined: a list that holds itself is left out where it would be met again, as the built-ins do.
const joining = [];

/** Forgets what was being joined when a turn was stopped: nothing is, between turns. */
export function forgetJoins() {
  joining.length = 0;
}

// The result is a rope of texts that are made of many parts each.
function joined(list, length, separator, textOf) {
  for (let i = 0; i < joining.length; i++) {
    if (joining[i] === list) return "";
  }
  const depth = joining.length;
  joining[depth] = list;
  try {
    let text = "";
    let part = "";
    for (let i = 0; i < length; i++) {
      if (i > 0) part += separator;
      const value = list[i];
      if (value !== undefined && value !== null) part += textOf(value);
      if ((i & PARTS) === PARTS) {
        text += settled(part);
        part = "";
      }
    }
    return text + part;
  } finally {
    joining.length = depth;
  }
}

const toText = (value) => `${value}`;

function joinedBy(target, separator) {
  const list = toObject(target, "join");
  const length = toLength(list.length);
  return joined(list, length, separator === undefined ? "," : `${separator}`, toText);
}

function joinedLocally(target, locales, options) {
  const list = toObject(target, "toLocaleString");
  return joined(list, toLength(list.length), ",", (value) => {
    const { toLocaleString } = value;
    if (typeof toLocaleString !== "function") throw new NativeTypeError("toLocaleString is not a function");
    return `${apply(toLocaleString, value, [locales, options])}`;
  });
}

// The text that a built-in may make at once.
const JOINED_MAX = 1 << 19;

// Whether the elements are known to make a short text, without any function that makes text of them.
function joinsSoon(list, separator) {
  const { length } = list;
  let total = separator === undefined ? length : separator.length * length;
  for (let i = 0; i < length; i++) {
    const value = list[i];
    if (typeof value === "string") total += value.length;
    else if (typeof value === "number" || value === undefined || value === null) total += 24;
    else if (typeof value !== "boolean") return false;
  }
  return total <= JOINED_MAX;
}

guard(Array.prototype, {
  indexOf(value) {
    if (!comparesSoon(value) || !isSolid(this)) return indexIn(this, value, arguments[1]);
    return arguments.length > 1 ? super.indexOf(value, arguments[1]) : super.indexOf(value);
  },
  includes(value) {
    if (!comparesSoon(value) || !isSolid(this)) return isIn(this, value, arguments[1]);
    return arguments.length > 1 ? super.includes(value, arguments[1]) : super.includes(value);
  },
  lastIndexOf(value) {
    if (!comparesSoon(value) || !isSolid(this)) return lastIndexIn(this, value, arguments);
    return arguments.length > 1 ? super.lastIndexOf(value, arguments[1]) : super.lastIndexOf(value);
  },
  join(separator) {
    if (isDense(this) && (separator === undefined || typeof separator === "string") && joinsSoon(this, separator)) return super.join(separator);
    return joinedBy(this, separator);
  },
  toLocaleString() {
    return joinedLocally(this, arguments[0], arguments[1]);
  },
});
