// JSON. To read a text, or to write one, is a single step to V8, so that a long text is read in JavaScript, and what
// comes out must not be more than the engine survives.
import { isDense, isObject, toLength } from "./elements.js";
import { guard } from "./guard.js";
import { keep, parseText } from "./json-text.js";
import { requireRoom } from "./room.js";

const NativeSet = Set;
const NativeNumber = Number;
const NativeString = String;
const { apply, deleteProperty, defineProperty } = Reflect;
const { isArray } = Array;
const { keys } = Object;
const { min } = Math;
const { charCodeAt, slice } = String.prototype;
const { stringify: write } = JSON;
const { add, has } = Set.prototype;

// What a character of JSON makes at most: "[]," makes an array of 16 bytes, and a pointer to it.
const VALUE_BYTES_MOST = 11;
const LENGTH_SHARE = 4;
// A longer text is not read in one step, and not written either.
const TEXT_MAX = 1 << 20;
// More names of properties are not looked through in one step.
const NAMES_MAX = 1 << 10;

// InternalizeJSONProperty; what the text was of each value is not known any more.
function revived(holder, key, reviver) {
  const value = holder[key];
  if (isObject(value)) {
    if (isArray(value)) {
      const length = toLength(value.length);
      for (let i = 0; i < length; i++) revive(value, `${i}`, reviver);
    } else {
      const names = keys(value);
      for (let i = 0; i < names.length; i++) revive(value, names[i], reviver);
    }
  }
  return apply(reviver, holder, [key, value, {}]);
}

function revive(holder, key, reviver) {
  const value = revived(holder, key, reviver);
  if (value === undefined) deleteProperty(holder, key);
  else defineProperty(holder, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

// The list of names that `JSON.stringify` makes of a list.
function namesOf(list) {
  const names = [];
  const known = new NativeSet();
  const length = toLength(list.length);
  for (let i = 0; i < length; i++) {
    const value = list[i];
    const isName = typeof value === "string" || typeof value === "number" || value instanceof NativeString || value instanceof NativeNumber;
    const name = isName ? `${value}` : undefined;
    if (name === undefined || apply(has, known, [name])) continue;
    apply(add, known, [name]);
    keep(names, names.length, name);
  }
  return names;
}

// A long text, as `JSON.stringify` writes it.
function quoted(text) {
  let json = '"';
  for (let from = 0, to; from < text.length; from = to) {
    to = min(from + TEXT_MAX, text.length);
    // The two halves of a character are written together.
    const last = apply(charCodeAt, text, [to - 1]);
    if (last >= 0xd800 && last < 0xdc00 && to < text.length) to--;
    json += apply(slice, write(apply(slice, text, [from, to])), [1, -1]);
  }
  return `${json}"`;
}

guard(JSON, {
  parse(text, reviver) {
    const json = typeof text === "string" ? text : `${text}`;
    requireRoom(json.length * LENGTH_SHARE, json.length * VALUE_BYTES_MOST);
    const revives = typeof reviver === "function";
    if (json.length > TEXT_MAX) {
      const value = parseText(json);
      return revives ? revived({ "": value }, "", reviver) : value;
    }
    if (!revives) return super.parse(json);
    // A function of JavaScript is looked at when it is called; `reviver` may be none.
    return super.parse(json, function (key, value, context) {
      return apply(reviver, this, [key, value, context]);
    });
  },
  stringify(value, replacer, space) {
    if (typeof value === "string") requireRoom(value.length, value.length * 6);
    if (!isObject(replacer)) {
      const isLong = typeof value === "string" && value.length > TEXT_MAX;
      return isLong ? quoted(value) : super.stringify(value, undefined, space);
    }
    if (typeof replacer === "function") {
      return super.stringify(value, function (key, inner) { return apply(replacer, this, [key, inner]); }, space);
    }
    const isLong = isArray(replacer) && !(isDense(replacer) && replacer.length <= NAMES_MAX);
    return super.stringify(value, isLong ? namesOf(replacer) : replacer, space);
  },
});
