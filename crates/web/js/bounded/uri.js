// The functions that code and decode URIs, in pieces: a text of a megabyte takes them longer than anybody should wait.
import { guardValue } from "./guard.js";
import { requireRoom } from "./room.js";

const { apply } = Reflect;
const { charCodeAt, slice } = String.prototype;
const PIECE_MAX = 1 << 15;
// A character becomes up to nine: "%E2%82%AC".
const CODED_MOST = 9;

const PERCENT = 0x25;
const at = (text, index) => apply(charCodeAt, text, [index]);

// Where a piece may end that would end at `end`: not within a surrogate pair.
function betweenPairs(text, end) {
  return (at(text, end - 1) & 0xfc00) === 0xd800 ? end + 1 : end;
}

// Nor within "%u20AC".
function betweenEscapes(text, end) {
  for (let i = end - 5; i < end; i++) {
    if (at(text, i) === PERCENT) return i;
  }
  return end;
}

// Nor within the bytes of one character, "%E2%82%AC": those after the first begin with 8, 9, A or B.
function betweenCodes(text, end) {
  let cut = at(text, end - 1) === PERCENT ? end - 1 : at(text, end - 2) === PERCENT ? end - 2 : end;
  while (at(text, cut) === PERCENT && isContinuation(at(text, cut + 1))) cut += 3;
  return cut;
}

const isContinuation = (digit) => digit === 0x38 || digit === 0x39 || (digit & 0xdf) === 0x41 || (digit & 0xdf) === 0x42;

function inPieces(original, value, cut, most) {
  const text = typeof value === "string" ? value : `${value}`;
  const { length } = text;
  if (length <= PIECE_MAX) return original(text);
  requireRoom(0, length * most);
  let result = "";
  for (let from = 0; from < length; ) {
    const end = from + PIECE_MAX < length ? cut(text, from + PIECE_MAX) : length;
    result += original(apply(slice, text, [from, end]));
    from = end;
  }
  return result;
}

const natives = { decodeURI, decodeURIComponent, encodeURI, encodeURIComponent, escape, unescape };
const replacements = {
  decodeURI(encodedURI) {
    return inPieces(natives.decodeURI, encodedURI, betweenCodes, 2);
  },
  decodeURIComponent(encodedURIComponent) {
    return inPieces(natives.decodeURIComponent, encodedURIComponent, betweenCodes, 2);
  },
  encodeURI(uri) {
    return inPieces(natives.encodeURI, uri, betweenPairs, CODED_MOST);
  },
  encodeURIComponent(uriComponent) {
    return inPieces(natives.encodeURIComponent, uriComponent, betweenPairs, CODED_MOST);
  },
  escape(string) {
    return inPieces(natives.escape, string, betweenPairs, CODED_MOST);
  },
  unescape(string) {
    return inPieces(natives.unescape, string, betweenEscapes, 2);
  },
};
for (const name of Object.keys(replacements)) guardValue(globalThis, name, replacements[name]);
