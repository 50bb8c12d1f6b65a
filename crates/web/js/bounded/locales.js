// Lists of languages. V8 goes through a list of them in one step, holes included, and compares each name with all others that it
// has found: a long list, or what resembles one, is therefore read in JavaScript.
import { isObject, isShort, toLength } from "./elements.js";
import { guardValue } from "./guard.js";
import { keep } from "./json-text.js";

const NativeObject = Object;
const NativeSet = Set;
const { add, has } = Set.prototype;
const { apply } = Reflect;
const { getCanonicalLocales } = Intl;
const { toString: nameOf } = Intl.Locale.prototype;

// Names of one list that are asked for at once.
const NAMES_MAX = 256;

function isLocale(value) {
  try {
    apply(nameOf, value, []);
    return true;
  } catch {
    return false;
  }
}

/** True for what V8 has read soon. */
export const isSettled = (locales) =>
  typeof locales === "string" || locales === undefined || locales === null || isShort(locales) || (isObject(locales) && isLocale(locales));

/** CanonicalizeLocaleList, up to so many names. */
export function namesOf(locales, most) {
  const list = NativeObject(locales);
  const length = toLength(list.length);
  const names = [];
  const known = new NativeSet();
  for (let i = 0; i < length && names.length < most; i++) {
    if (!(i in list)) continue;
    const name = apply(getCanonicalLocales, undefined, [[list[i]]])[0];
    if (apply(has, known, [name])) continue;
    apply(add, known, [name]);
    keep(names, names.length, name);
  }
  return names;
}

/** What stands for a list where the first language counts that is known. */
export const wanted = (locales) => (isSettled(locales) ? locales : namesOf(locales, NAMES_MAX));

/** Replaces methods whose first argument is a list of languages, of which the first counts that is known. */
export function guardWanted(target, names) {
  for (const name of names) {
    const original = target[name];
    const replacement = { [name]() {
      arguments[0] = wanted(arguments[0]);
      return apply(original, this, arguments);
    } };
    guardValue(target, name, replacement[name]);
  }
}

/** All names of a list, of which those count for which `of` gives them back; it is asked for some at a time. */
export function eachOf(locales, of) {
  const names = namesOf(locales, Infinity);
  const found = [];
  for (let from = 0; from === 0 || from < names.length; from += NAMES_MAX) {
    const some = [];
    for (let i = from; i < names.length && i < from + NAMES_MAX; i++) keep(some, some.length, names[i]);
    const known = of(some);
    for (let i = 0; i < known.length; i++) keep(found, found.length, known[i]);
  }
  return found;
}
