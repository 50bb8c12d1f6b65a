// Strings, numbers and property names as source text shows them.
import { codePointAt, codeUnitAt, numberToString, stringIncludes, stringPadStart, stringSlice, symbolToString } from "../../primordials.js";

export const STRING_LENGTH_MAX = 10_000;

export function primitiveText(value, lengthMax = STRING_LENGTH_MAX) {
  switch (typeof value) {
    case "string":
      return stringText(value, lengthMax);
    case "number":
      return numberText(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return symbolToString(value);
    default:
      return `${value}`;
  }
}

export function numberText(value) {
  return value === 0 && 1 / value < 0 ? "-0" : `${value}`;
}

function stringText(string, lengthMax) {
  const rest = string.length - lengthMax;
  if (rest <= 0) return quoted(string);
  return `${quoted(stringSlice(string, 0, lengthMax))}... ${rest} more character${rest === 1 ? "" : "s"}`;
}

/** A string in whatever quotes need no escape. */
export function quoted(string) {
  const quote = !stringIncludes(string, "'") ? "'" : !stringIncludes(string, '"') ? '"' : !stringIncludes(string, "`") && !stringIncludes(string, "${") ? "`" : "'";
  let text = quote;
  let copied = 0;
  for (let i = 0; i < string.length; i++) {
    const unit = codeUnitAt(string, i);
    // Most characters need nothing: they are copied in runs.
    if (unit >= 0x20 && unit < 0x7f && unit !== 0x27 && unit !== 0x5c) continue;
    const escape = escaped(string, i, unit, quote);
    if (escape === undefined) {
      if (codePointAt(string, i) > 0xffff) i++;
      continue;
    }
    text += stringSlice(string, copied, i) + escape;
    copied = i + 1;
  }
  return text + stringSlice(string, copied) + quote;
}

const SHORT = { __proto__: null, 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 92: "\\\\" };

function escaped(string, index, unit, quote) {
  if (unit === 0x27) return quote === "'" ? "\\'" : undefined;
  if (SHORT[unit] !== undefined) return SHORT[unit];
  if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f)) return `\\x${hex(unit, 2)}`;
  const loneSurrogate = unit >= 0xd800 && unit <= 0xdfff && codePointAt(string, index) <= 0xffff;
  return loneSurrogate ? `\\u${hex(unit, 4)}` : undefined;
}

export function hex(number, digits) {
  return stringPadStart(numberToString(number, 16), digits, "0");
}

export function keyText(key) {
  if (typeof key === "symbol") return `[${symbolToString(key)}]`;
  return isIdentifier(key) ? key : quoted(key);
}

function isIdentifier(string) {
  for (let i = 0; i < string.length; i++) {
    const unit = codeUnitAt(string, i);
    const letter = (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a) || unit === 0x5f;
    if (!letter && !(i > 0 && unit >= 0x30 && unit <= 0x39)) return false;
  }
  return string !== "";
}
