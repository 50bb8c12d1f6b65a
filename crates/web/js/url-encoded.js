// application/x-www-form-urlencoded (https://url.spec.whatwg.org/#application/x-www-form-urlencoded): between a text
// and a list of [name, value] pairs.
import { native } from "./native.js";

const decodeComponent = decodeURIComponent;
const encodeComponent = encodeURIComponent;
const uncurry = (method) => Function.prototype.call.bind(method);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const slice = uncurry(String.prototype.slice);
const { fromCharCode } = String;

const SPACE = 0x20;
const PERCENT = 0x25;
const AMPERSAND = 0x26;
const PLUS = 0x2b;
const EQUALS = 0x3d;

// A longer text is left to what the engine has, which is slow to be called and does not put its result together of pieces.
const SHORT_MAX = 512;

// What of a pair has escapes in it.
const NAME = 1;
const VALUE = 2;

/** The pairs that a text holds. */
export function parsePairs(text) {
  const pairs = [];
  const { length } = text;
  // Of the pair that is being looked at: where it begins, where its "=" is, and what has escapes in it.
  let start = 0;
  let equals = -1;
  let escaped = 0;
  for (let i = 0; i <= length; i++) {
    const code = i === length ? AMPERSAND : charCodeAt(text, i);
    if (code === AMPERSAND) {
      if (i > start) {
        const split = equals === -1 ? i : equals;
        const name = slice(text, start, split);
        const value = equals === -1 ? "" : slice(text, split + 1, i);
        pairs[pairs.length] = [escaped & NAME ? decode(name) : name, escaped & VALUE ? decode(value) : value];
      }
      start = i + 1;
      equals = -1;
      escaped = 0;
    } else if (code === EQUALS) {
      if (equals === -1) equals = i;
    } else if (code === PERCENT || code === PLUS) {
      escaped |= equals === -1 ? NAME : VALUE;
    }
  }
  return pairs;
}

/** The text of pairs. */
export function serializePairs(pairs) {
  let text = "";
  for (let i = 0; i < pairs.length; i++) {
    if (i > 0) text += "&";
    text += `${encode(pairs[i][0])}=${encode(pairs[i][1])}`;
  }
  return text;
}

// A "%" without two digits stays.
function decode(text) {
  if (text.length > SHORT_MAX) return decodeBytes(text);
  let decoded = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    if (code === PLUS) {
      decoded += `${slice(text, from, i)} `;
      from = i + 1;
    } else if (code === PERCENT) {
      const high = hexDigit(charCodeAt(text, i + 1));
      const low = high === -1 ? -1 : hexDigit(charCodeAt(text, i + 2));
      if (low === -1) continue;
      const point = high < 8 ? high * 16 + low : pointAt(text, i, high * 16 + low);
      if (point === -1) return decodeBytes(text);
      decoded += slice(text, from, i) + fromCharCode(point);
      i += point < 0x80 ? 2 : point < 0x800 ? 5 : 8;
      from = i + 1;
    }
  }
  return decoded + slice(text, from);
}

// The character below U+10000 whose first byte of UTF-8 stands there, if all of its bytes are sound; otherwise -1.
function pointAt(text, at, first) {
  const second = continuationAt(text, at + 3);
  if (second === -1) return -1;
  if (first >= 0xc2 && first < 0xe0) return ((first & 0x1f) << 6) | second;
  const third = continuationAt(text, at + 6);
  const point = first >> 4 === 0xe && third !== -1 ? ((first & 0xf) << 12) | (second << 6) | third : -1;
  return point < 0x800 || (point >= 0xd800 && point < 0xe000) ? -1 : point;
}

// Six bits of a character, or -1.
function continuationAt(text, at) {
  if (charCodeAt(text, at) !== PERCENT) return -1;
  const high = hexDigit(charCodeAt(text, at + 1));
  const low = hexDigit(charCodeAt(text, at + 2));
  return high < 8 || high > 0xb || low === -1 ? -1 : ((high & 3) << 4) | low;
}

function decodeBytes(text) {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  try {
    return decodeComponent(spaced);
  } catch {
    return decodeAnything(spaced);
  }
}

// What decodeURIComponent refuses: a "%" without two digits stays, and bytes that are not UTF-8 become U+FFFD.
function decodeAnything(text) {
  const bytes = native.utf8Encode(text);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const high = bytes[i] === PERCENT ? hexDigit(bytes[i + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(bytes[i + 2]);
    if (low === -1) {
      bytes[length++] = bytes[i];
    } else {
      bytes[length++] = high * 16 + low;
      i += 2;
    }
  }
  return native.utf8Decode(new Uint8Array(bytes.buffer, bytes.byteOffset, length), false, true);
}

function hexDigit(byte) {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

const HEX_DIGITS = "0123456789ABCDEF";

function encode(text) {
  let encoded = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    if (isUnreserved(code)) continue;
    if (code > 0x7f || text.length > SHORT_MAX) return encodeAnything(text);
    encoded += slice(text, from, i) + (code === SPACE ? "+" : `%${HEX_DIGITS[code >> 4]}${HEX_DIGITS[code & 15]}`);
    from = i + 1;
  }
  return from === 0 ? text : encoded + slice(text, from);
}

function encodeAnything(text) {
  return encodeComponent(text).replace(/%20|[!'()~]/g, encodeRest);
}

// encodeURIComponent leaves these, and writes a space in another way.
function encodeRest(match) {
  return match === "%20" ? "+" : `%${match.charCodeAt(0).toString(16).toUpperCase()}`;
}

// Letters, digits and "*", "-", ".", "_" stand for themselves.
function isUnreserved(code) {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2a ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f
  );
}
