// data: URLs (https://fetch.spec.whatwg.org/#data-urls): a response that is in its URL.
import { atob } from "../base64.js";
import { valueBody } from "../body.js";
import { createFetchedResponse } from "../response.js";
import { parseMime, serializeMime } from "../mime.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const indexOf = uncurry(String.prototype.indexOf);
const lowerCase = uncurry(String.prototype.toLowerCase);
const slice = uncurry(String.prototype.slice);
const trim = uncurry(String.prototype.trim);
const Bytes = Uint8Array;
const subarray = uncurry(Uint8Array.prototype.subarray);

/** Fetches a data: URL. Throws a TypeError if it is malformed. */
export async function fetchDataUrl({ url, method }) {
  const hash = indexOf(url, "#");
  const whole = hash < 0 ? url : slice(url, 0, hash);
  const comma = indexOf(whole, ",");
  if (comma < 0) throw new TypeError("fetch failed: the data: URL has no comma.");
  let type = trim(slice(whole, "data:".length, comma));
  let bytes = percentDecoded(slice(whole, comma + 1));
  const marker = base64Marker(type);
  if (marker >= 0) {
    type = slice(type, 0, marker);
    bytes = base64Decoded(bytes);
  }
  const mime = parseMime(charCodeAt(type, 0) === 0x3b ? `text/plain${type}` : type);
  const contentType = mime === undefined ? "text/plain;charset=US-ASCII" : serializeMime(mime);
  const body = method === "HEAD" ? null : valueBody(bytes, null);
  return createFetchedResponse(body, 200, "OK", ["content-type", contentType], whole, false);
}

// Where the ";base64" at the end of a type begins, or -1. Spaces may stand before the word.
function base64Marker(type) {
  const length = type.length - "base64".length;
  if (length < 1 || lowerCase(slice(type, length)) !== "base64") return -1;
  let at = length;
  while (at > 0 && charCodeAt(type, at - 1) === 0x20) at--;
  return at > 0 && charCodeAt(type, at - 1) === 0x3b ? at - 1 : -1;
}

// A URL that was parsed is ASCII, so one character is one byte.
function percentDecoded(text) {
  const bytes = new Bytes(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    const high = code === 0x25 ? hexDigit(charCodeAt(text, i + 1)) : -1;
    const low = high < 0 ? -1 : hexDigit(charCodeAt(text, i + 2));
    if (low < 0) {
      bytes[length++] = code;
    } else {
      bytes[length++] = high * 16 + low;
      i += 2;
    }
  }
  return new Bytes(subarray(bytes, 0, length));
}

// -1 for what is none, also for the NaN behind a text's end.
function hexDigit(code) {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}

function base64Decoded(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += fromCharCode(bytes[i]);
  let binary;
  try {
    binary = atob(text);
  } catch {
    throw new TypeError("fetch failed: the data: URL is not valid base64.");
  }
  const decoded = new Bytes(binary.length);
  for (let i = 0; i < binary.length; i++) decoded[i] = charCodeAt(binary, i);
  return decoded;
}

const fromCharCode = String.fromCharCode;
