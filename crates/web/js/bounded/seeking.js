// Looking for a text in another in steps that can be stopped.
import { PARTS, settled } from "./settled.js";

const { apply } = Reflect;
const { min, trunc } = Math;
const { indexOf, startsWith, slice } = String.prototype;

// A longer text is not looked for at once: with up to 250 characters V8 knows ways to skip, whatever the texts are.
const SOUGHT_MAX = 250;
// So many steps are done before anybody waits.
const STEPS_MAX = 1 << 22;

/** Whether to look for one text in the other takes long. */
export const seeksLong = (text, sought) => sought.length > SOUGHT_MAX && text.length * sought.length > STEPS_MAX;

/** The same from the end: there each place is tried, so that short texts count, too. */
export const seeksLastLong = (text, sought) => text.length * sought.length > STEPS_MAX;

/** As `indexOf`: finds how it begins, then looks at the rest. */
export function find(text, sought, from) {
  const beginning = apply(slice, sought, [0, SOUGHT_MAX]);
  for (let at = from; ; at++) {
    at = apply(indexOf, text, [beginning, at]);
    if (at < 0 || apply(startsWith, text, [sought, at])) return at;
  }
}

/** As `lastIndexOf`. */
export function findLast(text, sought, from) {
  for (let at = min(from, text.length - sought.length); at >= 0; at--) {
    if (apply(startsWith, text, [sought, at])) return at;
  }
  return -1;
}

/** The index that `indexOf` begins at. */
export function position(value, length) {
  const index = trunc(+value);
  return index > 0 ? min(index, length) : 0;
}

/** The index that `lastIndexOf` begins at. */
export function lastPosition(value, length) {
  const index = +value;
  return index === index ? min(index > 0 ? trunc(index) : 0, length) : length;
}

/** As `split`, with a separator that is not empty. */
export function splitLong(text, separator, limit) {
  const parts = [];
  let from = 0;
  while (parts.length < limit) {
    const at = find(text, separator, from);
    parts[parts.length] = apply(slice, text, at < 0 ? [from] : [from, at]);
    if (at < 0) break;
    from = at + separator.length;
  }
  return parts;
}

/** As `replace` (`times` is 1) and `replaceAll`. */
export function replaceLong(text, sought, replacement, times) {
  const isFunction = typeof replacement === "function";
  const isPlain = !isFunction && apply(indexOf, replacement, ["$"]) < 0;
  const step = sought.length || 1;
  let result = "";
  let part = "";
  let end = 0;
  let from = 0;
  for (let i = 0; i < times && from <= text.length; i++) {
    const at = find(text, sought, from);
    if (at < 0) break;
    part += apply(slice, text, [end, at]);
    if (isPlain) part += replacement;
    else part += isFunction ? `${apply(replacement, undefined, [sought, at, text])}` : expand(replacement, text, sought, at);
    end = at + sought.length;
    from = at + step;
    if ((i & PARTS) === PARTS) {
      result += settled(part);
      part = "";
    }
  }
  return result + part + apply(slice, text, [end]);
}

// What a replacement stands for (GetSubstitution, without groups).
function expand(template, text, sought, at) {
  let result = "";
  let from = 0;
  for (;;) {
    const dollar = apply(indexOf, template, ["$", from]);
    if (dollar < 0) return result + apply(slice, template, [from]);
    result += apply(slice, template, [from, dollar]);
    from = dollar + 2;
    const kind = template[dollar + 1];
    if (kind === "$") result += "$";
    else if (kind === "&") result += sought;
    else if (kind === "`") result += apply(slice, text, [0, at]);
    else if (kind === "'") result += apply(slice, text, [at + sought.length]);
    else {
      result += "$";
      from = dollar + 1;
    }
  }
}
