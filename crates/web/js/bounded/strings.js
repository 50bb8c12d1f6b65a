// Texts. To look for one in another may take as many steps as their lengths multiplied, and what is made of one may be far
// longer than it is.
import { isObject, toLength } from "./elements.js";
import { guard, guardEntries } from "./guard.js";
import { guardWanted, wanted } from "./locales.js";
import { requireRoom } from "./room.js";
import { find, findLast, lastPosition, position, replaceLong, seeksLastLong, seeksLong, splitLong } from "./seeking.js";

const NativeObject = Object;
const NativeTypeError = TypeError;
const { apply } = Reflect;
const { match: matchBy, replace: replaceBy, split: splitBy } = Symbol;
const { charCodeAt, indexOf, slice } = String.prototype;
const { min } = Math;

// Shorter texts are left to the built-ins as they are.
const SMALL = 1 << 12;
// What one of many parts takes: a pointer at least, and a string of its own at most.
const PART_LEAST = 4;
const PART_MOST = 28;
// The most characters that one becomes, and the most bytes that one takes.
const CASE_MOST = 3;
const NORMAL_MOST = 36;
const CHARACTER_BYTES = 2;

const isSmall = (text) => typeof text === "string" && text.length <= SMALL;

// The text that a method of a value which is none is about.
function textOf(value, original) {
  if (typeof value === "string") return value;
  // It throws what it always does.
  if (value === null || value === undefined) apply(original, value, []);
  return `${value}`;
}

function requireParts(text, separator) {
  if (separator === undefined) return;
  const parts = separator === "" ? text.length : text.length / separator.length;
  requireRoom(separator === "" ? parts * PART_LEAST : 0, parts * PART_MOST);
}

function splitText(target, separator, limit, original) {
  const splitter = isObject(separator) && target !== null && target !== undefined ? separator[splitBy] : undefined;
  if (splitter !== undefined && splitter !== null) return apply(splitter, separator, [target, limit]);
  const text = textOf(target, original);
  const parts = limit === undefined ? 2 ** 32 - 1 : limit >>> 0;
  const by = separator === undefined ? undefined : `${separator}`;
  if (by !== undefined && seeksLong(text, by)) return splitLong(text, by, parts);
  requireParts(text, by);
  return apply(original, text, [by, parts]);
}

function replaceText(target, sought, replacement, original, times) {
  if (isObject(sought) && target !== null && target !== undefined) {
    if (times > 1) requireGlobal(sought);
    const replacer = sought[replaceBy];
    if (replacer !== undefined && replacer !== null) return apply(replacer, sought, [target, replacement]);
  }
  const text = textOf(target, original);
  const what = `${sought}`;
  const by = typeof replacement === "function" ? replacement : `${replacement}`;
  if (times === 1 && !seeksLong(text, what)) return apply(original, text, [what, by]);
  // Piece by piece: there may be millions, and a function may be a built-in.
  return replaceLong(text, what, by, times);
}

function requireGlobal(sought) {
  if (!sought[matchBy]) return;
  const { flags } = sought;
  if (flags === null || flags === undefined || apply(indexOf, `${flags}`, ["g"]) < 0) {
    throw new NativeTypeError("replaceAll must be called with a global RegExp");
  }
}

guard(String.prototype, {
  indexOf(sought) {
    if (!isSmall(this)) {
      const text = textOf(this, super.indexOf);
      const what = `${sought}`;
      if (seeksLong(text, what)) return find(text, what, position(arguments[1], text.length));
      return apply(super.indexOf, text, [what, arguments[1]]);
    }
    return arguments.length > 1 ? super.indexOf(sought, arguments[1]) : super.indexOf(sought);
  },
  includes(sought) {
    if (!isSmall(this)) {
      const text = textOf(this, super.includes);
      if (isObject(sought) && sought[matchBy]) return super.includes(sought);
      const what = `${sought}`;
      if (seeksLong(text, what)) return find(text, what, position(arguments[1], text.length)) >= 0;
      return apply(super.includes, text, [what, arguments[1]]);
    }
    return arguments.length > 1 ? super.includes(sought, arguments[1]) : super.includes(sought);
  },
  lastIndexOf(sought) {
    if (isSmall(this)) return arguments.length > 1 ? super.lastIndexOf(sought, arguments[1]) : super.lastIndexOf(sought);
    const text = textOf(this, super.lastIndexOf);
    const what = `${sought}`;
    if (seeksLastLong(text, what)) return findLast(text, what, lastPosition(arguments[1], text.length));
    return apply(super.lastIndexOf, text, [what, arguments[1]]);
  },
  split(separator, limit) {
    return isSmall(this) ? super.split(separator, limit) : splitText(this, separator, limit, super.split);
  },
  replace(sought, replacement) {
    return isSmall(this) ? super.replace(sought, replacement) : replaceText(this, sought, replacement, super.replace, 1);
  },
  replaceAll(sought, replacement) {
    if (isSmall(this) && (isSmall(replacement) || typeof replacement === "function")) return super.replaceAll(sought, replacement);
    return replaceText(this, sought, replacement, super.replaceAll, Infinity);
  },
  toUpperCase() {
    if (!isSmall(this)) return cased(this, super.toUpperCase);
    return super.toUpperCase();
  },
  toLowerCase() {
    if (!isSmall(this)) return cased(this, super.toLowerCase);
    return super.toLowerCase();
  },
  normalize() {
    if (isSmall(this)) return super.normalize(arguments[0]);
    const text = textOf(this, super.normalize);
    const form = arguments[0] === undefined ? "NFC" : `${arguments[0]}`;
    return normalized(text, form, super.normalize);
  },
  localeCompare(other) {
    const locales = wanted(arguments[1]);
    if (!isSmall(this) || !isSmall(other)) return compared(this, other, [other, locales, arguments[2]], super.localeCompare);
    return super.localeCompare(other, locales, arguments[2]);
  },
  startsWith(sought) {
    return super.startsWith(sought, arguments[1]);
  },
  endsWith(sought) {
    return super.endsWith(sought, arguments[1]);
  },
  trim() {
    return super.trim();
  },
  trimStart() {
    return super.trimStart();
  },
  trimEnd() {
    return super.trimEnd();
  },
});

// So many characters are brought into a normal form at once, where a piece may end.
const NORMALIZED_MAX = 1 << 16;

// From where to where nothing before a character changes what it and those behind it become: it combines with nothing before it,
// in no form. There are more, but whatever people write has some of these, if only spaces.
// Latin; Greek and Cyrillic; Hebrew; Arabic; Devanagari; Thai; Georgian; Latin and Greek with marks; Hiragana; Katakana; ideographs; Hangul.
const BEGINNINGS = [
  0, 0x2ff, 0x370, 0x482, 0x5d0, 0x5ea, 0x620, 0x64a, 0x904, 0x939, 0xe01, 0xe30, 0x10d0, 0x10ff, 0x1e00, 0x1fff, 0x3041, 0x3096, 0x30a1, 0x30fa, 0x4e00,
  0x9fff, 0xac00, 0xd7a3,
];

function beginsAnew(code) {
  for (let i = 1; i < BEGINNINGS.length; i += 2) {
    if (code <= BEGINNINGS[i]) return code >= BEGINNINGS[i - 1];
  }
  return false;
}

function normalized(text, form, original) {
  let result = "";
  for (let from = 0, end = 0; from < text.length; from = end) {
    end = min(from + NORMALIZED_MAX, text.length);
    while (end < text.length && !beginsAnew(apply(charCodeAt, text, [end]))) end++;
    requireRoom(end - from, (end - from) * NORMAL_MOST * CHARACTER_BYTES);
    result += apply(original, apply(slice, text, [from, end]), [form]);
  }
  return result;
}

function compared(target, other, args, original) {
  const text = textOf(target, original);
  const second = `${other}`;
  const total = (text.length + second.length) * CHARACTER_BYTES;
  requireRoom(total, total);
  return apply(original, text, [second, args[1], args[2]]);
}

function cased(target, original) {
  const text = textOf(target, original);
  requireRoom(text.length, text.length * CASE_MOST * CHARACTER_BYTES);
  return apply(original, text, []);
}

guardWanted(String.prototype, ["toLocaleUpperCase", "toLocaleLowerCase"]);
guardEntries(String.prototype, ["isWellFormed", "toWellFormed"]);
guardEntries(String, ["fromCodePoint"]);

guard(String, {
  raw(template) {
    if (template === null || template === undefined) return super.raw(template);
    const parts = NativeObject(template).raw;
    if (parts === null || parts === undefined) return super.raw({ raw: parts });
    const list = NativeObject(parts);
    const length = toLength(list.length);
    let result = "";
    for (let i = 0; i < length; i++) {
      result += `${list[i]}`;
      if (i + 1 < length && i + 1 < arguments.length) result += `${arguments[i + 1]}`;
    }
    return result;
  },
});
