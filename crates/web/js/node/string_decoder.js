// `node:string_decoder`: text of bytes that come in pieces, which may end in the midst of a character.
import { native } from "../native.js";
import { Buffer } from "./buffer.js";
import { requireEncoding } from "./internal/encodings.js";
import { invalidType } from "./internal/errors.js";

// Why a function: old code calls it without `new`.
export function StringDecoder(encoding) {
  this.encoding = requireEncoding(encoding);
  this.lastChar = Buffer.alloc(0);
}

// Of the bytes, how many at the end are a character that is not whole so far.
function unfinished(bytes, encoding) {
  const { length } = bytes;
  if (encoding === "utf16le") {
    const odd = length % 2;
    const high = bytes[length - odd - 1];
    return length - odd >= 2 && high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
  }
  if (encoding === "base64" || encoding === "base64url") return length % 3;
  if (encoding !== "utf8") return 0;
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back];
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    return byte < 0xf8 && back < lengthOf(byte) ? back : 0;
  }
  return 0;
}

const lengthOf = (first) => (first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2);

StringDecoder.prototype.write = function (chunk) {
  if (typeof chunk === "string") return chunk;
  if (!ArrayBuffer.isView(chunk)) throw invalidType("buf", "an instance of Buffer, TypedArray, or DataView", chunk);
  const bytes = Buffer.concat([this.lastChar, new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)]);
  const whole = bytes.length - unfinished(bytes, this.encoding);
  this.lastChar = bytes.subarray(whole);
  return native.bufferText(bytes, this.encoding, 0, whole);
};

StringDecoder.prototype.end = function (chunk = undefined) {
  const text = chunk === undefined ? "" : this.write(chunk);
  const rest = this.lastChar;
  this.lastChar = Buffer.alloc(0);
  return rest.length === 0 ? text : text + native.bufferText(rest, this.encoding, 0, rest.length);
};

StringDecoder.prototype.text = function (chunk, offset) {
  this.lastChar = Buffer.alloc(0);
  return this.write(chunk.subarray(offset));
};

Object.defineProperties(StringDecoder.prototype, {
  lastNeed: {
    configurable: true,
    enumerable: true,
    get() {
      if (this.lastChar.length === 0) return 0;
      if (this.encoding === "utf8") return lengthOf(this.lastChar[0]) - this.lastChar.length;
      return this.encoding === "utf16le" ? this.lastChar.length % 2 || 2 : 3 - this.lastChar.length;
    },
  },
  lastTotal: {
    configurable: true,
    enumerable: true,
    get() {
      return this.lastNeed === 0 ? 0 : this.lastChar.length + this.lastNeed;
    },
  },
});

export default { StringDecoder };
