// application/x-www-form-urlencoded (https://url.spec.whatwg.org/#application/x-www-form-urlencoded): between a text
// and a list of [name, value] pairs.
import { native } from "./native.js";

const decodeComponent = decodeURIComponent;
const encodeComponent = encodeURIComponent;

/** The pairs that a text holds. */
export function parsePairs(text) {
  const pairs = [];
  // Where the next "=" is. Searched for only once passed: searching from the start of every part would take
  // quadratic time for a text of many names without values.
  let equals = -1;
  for (let start = 0; start < text.length; ) {
    const end = indexOrEnd(text, "&", start);
    if (equals < start) equals = indexOrEnd(text, "=", start);
    if (end > start) {
      const split = equals < end ? equals : end;
      pairs[pairs.length] = [decode(text.slice(start, split)), decode(text.slice(split + 1, end))];
    }
    start = end + 1;
  }
  return pairs;
}

function indexOrEnd(text, character, from) {
  const index = text.indexOf(character, from);
  return index === -1 ? text.length : index;
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

function decode(text) {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
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
    const high = bytes[i] === 0x25 ? hexDigit(bytes[i + 1]) : -1;
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

function encode(text) {
  let plain = true;
  for (let i = 0; i < text.length && plain; i++) plain = isUnreserved(text.charCodeAt(i));
  if (plain) return text;
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
