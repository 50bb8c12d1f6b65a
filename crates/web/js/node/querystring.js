// `node:querystring`.
import { Buffer } from "./buffer.js";
import { error } from "./internal/errors.js";

const UNESCAPED = /^[A-Za-z0-9\-_.!~*'()]*$/;

/** Percent-encodes a text, as `encodeURIComponent` does. */
export function escape(text) {
  let string = text;
  if (typeof string !== "string") string = typeof string === "object" ? String(string) : `${string}`;
  if (UNESCAPED.test(string)) return string;
  try {
    return encodeURIComponent(string);
  } catch {
    throw Object.setPrototypeOf(error("ERR_INVALID_URI", "URI malformed"), URIError.prototype);
  }
}

const hexDigit = (code) => (code >= 48 && code <= 57 ? code - 48 : code >= 65 && code <= 70 ? code - 55 : code >= 97 && code <= 102 ? code - 87 : -1);

/** The bytes that a percent-encoded text stands for; what is not well-formed stays as it is. */
export function unescapeBuffer(text, decodeSpaces = undefined) {
  const bytes = Buffer.allocUnsafe(text.length);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code === 43 && decodeSpaces) code = 32;
    else if (code === 37 && i + 2 < text.length) {
      const [high, low] = [hexDigit(text.charCodeAt(i + 1)), hexDigit(text.charCodeAt(i + 2))];
      if (high >= 0 && low >= 0) {
        code = high * 16 + low;
        i += 2;
      }
    }
    bytes[count++] = code;
  }
  return bytes.subarray(0, count);
}

export function unescape(text, decodeSpaces = undefined) {
  try {
    return decodeURIComponent(text);
  } catch {
    return unescapeBuffer(text, decodeSpaces).toString();
  }
}

function primitive(value) {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return `${value}`;
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "boolean") return value ? "true" : "false";
  return "";
}

export function stringify(object, separator = "&", equals = "=", options = undefined) {
  const [between, is] = [separator || "&", equals || "="];
  const encode = typeof options?.encodeURIComponent === "function" ? options.encodeURIComponent : querystring.escape;
  if (object === null || typeof object !== "object") return "";
  const encoded = (value) => {
    const text = primitive(value);
    return text === "" ? "" : encode(text);
  };
  const fields = [];
  for (const key of Object.keys(object)) {
    const name = encoded(key) + is;
    const value = object[key];
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) fields.push(name + encoded(value[i]));
    } else {
      fields.push(name + encoded(value));
    }
  }
  return fields.join(between);
}

export function parse(text, separator = "&", equals = "=", options = undefined) {
  const result = { __proto__: null };
  if (typeof text !== "string" || text.length === 0) return result;
  const [between, is] = [separator ? `${separator}` : "&", equals ? `${equals}` : "="];
  const most = typeof options?.maxKeys === "number" ? options.maxKeys : 1000;
  const decode = typeof options?.decodeURIComponent === "function" ? options.decodeURIComponent : querystring.unescape;
  const decoded = (part) => {
    if (part === "") return "";
    const spaced = part.replaceAll("+", "%20");
    try {
      return decode(spaced);
    } catch {
      return unescapeBuffer(spaced, true).toString();
    }
  };
  const fields = most > 0 ? text.split(between, text.length).filter((one) => one !== "").slice(0, most) : text.split(between).filter((one) => one !== "");
  for (const field of fields) {
    const at = field.indexOf(is);
    const key = decoded(at === -1 ? field : field.slice(0, at));
    const value = at === -1 ? "" : decoded(field.slice(at + is.length));
    const before = result[key];
    if (before === undefined) result[key] = value;
    else if (Array.isArray(before)) before.push(value);
    else result[key] = [before, value];
  }
  return result;
}

export { parse as decode, stringify as encode };
const querystring = { decode: parse, encode: stringify, escape, parse, stringify, unescape, unescapeBuffer };
export default querystring;
