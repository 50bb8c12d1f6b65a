// The Console Standard's Formatter (https://console.spec.whatwg.org/#formatter), as Node carries it out.
import * as kind from "../../kinds.js";
import { inspect, TEXT_LENGTH_MAX, truncated } from "../inspect.js";
import { numberText } from "./primitives.js";
import { dataProperty } from "./shape.js";
import * as lang from "../../primordials.js";
import { native } from "../../native.js";

/** The arguments of `console.log` as one text. */
export function format(args) {
  if (args.length === 1 && typeof args[0] === "string") return truncated(args[0], TEXT_LENGTH_MAX);
  const template = typeof args[0] === "string" && args.length > 1 && lang.stringIncludes(args[0], "%") ? fill(args[0], args) : undefined;
  let text = template === undefined ? "" : template.text;
  const first = template === undefined ? 0 : template.used;
  for (let i = first; i < args.length && text.length <= TEXT_LENGTH_MAX; i++) {
    if (i > 0) text += " ";
    text += typeof args[i] === "string" ? args[i] : inspect(args[i]);
  }
  return truncated(text, TEXT_LENGTH_MAX);
}

// Puts arguments in the places of their specifiers; gives the text and how many arguments are used up.
function fill(template, args) {
  let text = "";
  let used = 1;
  let copied = 0;
  let at = lang.stringIndexOf(template, "%");
  while (at !== -1 && at + 1 < template.length) {
    const specifier = template[at + 1];
    let shown;
    if (specifier === "%") shown = "%";
    else if (used < args.length) {
      shown = specified(specifier, args[used]);
      if (shown !== undefined) used++;
    }
    if (shown !== undefined) {
      text += lang.stringSlice(template, copied, at) + shown;
      copied = at + 2;
      if (text.length > TEXT_LENGTH_MAX) break;
    }
    at = lang.stringIndexOf(template, "%", at + (shown === undefined && specifier !== "%" ? 1 : 2));
  }
  return { text: text + lang.stringSlice(template, copied), used };
}

function specified(specifier, value) {
  switch (specifier) {
    case "s":
      return asString(value);
    case "d":
      return typeof value === "bigint" ? `${value}n` : numberText(asNumber(value, lang.toNumber));
    case "i":
      return typeof value === "bigint" ? `${value}n` : numberText(asNumber(value, lang.parseInt));
    case "f":
      return numberText(asNumber(value, lang.parseFloat));
    case "j":
      return asJson(value);
    case "o":
      return inspect(value, { showHidden: true, depth: 4 });
    case "O":
      return inspect(value);
    case "c":
      // Styles: there is nothing here to style.
      return "";
    default:
      return undefined;
  }
}

function asString(value) {
  if (typeof value === "number") return numberText(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return lang.toText(value);
  return hasOwnToString(value) ? attempt(() => lang.toText(value), "[uninspectable]") : inspect(value, { depth: 0 });
}

const objectToString = Object.prototype.toString;
const errorToString = Error.prototype.toString;

// Has somebody taken the trouble to say how this object is to be a string?
function hasOwnToString(value) {
  const what = native.kindOf(value);
  if (what === kind.PROXY || what === kind.ARRAY) return false;
  const toString = dataProperty(value, "toString");
  return typeof toString === "function" && toString !== objectToString && toString !== errorToString && what === kind.PLAIN;
}

function asNumber(value, convert) {
  if (typeof value === "symbol" || (typeof value === "object" && value !== null)) return NaN;
  return attempt(() => convert(value), NaN);
}

function asJson(value) {
  return attempt(() => truncated(`${lang.toJson(value)}`, TEXT_LENGTH_MAX), "[Circular]");
}

function attempt(work, otherwise) {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
