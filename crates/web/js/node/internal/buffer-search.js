// Buffer's methods that look for bytes, compare and fill.
import { native } from "../../native.js";
import { requireEncoding } from "./encodings.js";
import { error, invalidType, invalidValue, outOfRange } from "./errors.js";
import { requireInteger, requireNumber } from "./validate.js";

/** What a Buffer can have at most, as Node has it. */
export const MAX_LENGTH = 4294967296;
const isBytes = (value) => ArrayBuffer.isView(value) && value instanceof Uint8Array;

// Where to begin, by the rules of Node; -1 where nothing can be found.
function startOf(length, offset, needleLength, forward) {
  if (offset < 0) {
    if (offset + length >= 0) return length + offset;
    return forward || needleLength === 0 ? 0 : -1;
  }
  if (offset + needleLength <= length) return offset;
  if (needleLength === 0) return length;
  return forward ? -1 : length - 1;
}

function search(buffer, needle, offset, { forward, step }) {
  const { length } = buffer;
  const start = startOf(length, Math.trunc(offset), needle.length, forward);
  if (start <= -1) return -1;
  if (needle.length === 0) return start;
  if (length === 0 || needle.length > length || (forward && needle.length + start > length)) return -1;
  const from = step === 2 ? start - (start % 2) : start;
  return native.bufferIndexOf(buffer, needle, from, !forward, step);
}

function find(buffer, value, given, givenEncoding, forward) {
  let offset = given;
  let encoding = givenEncoding;
  if (typeof offset === "string") {
    encoding = offset;
    offset = undefined;
  } else if (offset > 0x7fffffff) offset = 0x7fffffff;
  else if (offset < -0x80000000) offset = -0x80000000;
  offset = +offset;
  if (Number.isNaN(offset)) offset = forward ? 0 : buffer.length;
  if (typeof value === "number") return search(buffer, Uint8Array.of(value), offset, { forward, step: 1 });
  if (typeof value === "string") {
    const name = requireEncoding(encoding);
    return search(buffer, native.bufferOfText(value, name), offset, { forward, step: name === "utf16le" ? 2 : 1 });
  }
  if (isBytes(value)) {
    const step = encoding !== undefined && requireEncoding(encoding) === "utf16le" ? 2 : 1;
    return search(buffer, value, offset, { forward, step });
  }
  throw invalidType("value", "one of type number or string or an instance of Buffer or Uint8Array", value);
}

function boundary(value, name, max) {
  requireInteger(value, name, 0, max);
  return value;
}

// The bytes to fill with, not none.
function fillingOf(value, encoding) {
  if (typeof value === "string") {
    if (encoding !== undefined && typeof encoding !== "string") throw invalidType("encoding", "of type string", encoding);
    const name = requireEncoding(encoding);
    const bytes = value.length === 0 ? Uint8Array.of(0) : native.bufferOfText(value, name);
    if (bytes.length === 0) throw invalidValue("value", value);
    return bytes;
  }
  if (isBytes(value) || ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (bytes.length === 0) throw invalidValue("value", value);
    return bytes;
  }
  return Uint8Array.of(typeof value === "boolean" ? Number(value) : value);
}

const fillWithByte = Uint8Array.prototype.fill;

export const searching = {
  indexOf(value, byteOffset = undefined, encoding = undefined) {
    return find(this, value, byteOffset, encoding, true);
  },
  lastIndexOf(value, byteOffset = undefined, encoding = undefined) {
    return find(this, value, byteOffset, encoding, false);
  },
  includes(value, byteOffset = undefined, encoding = undefined) {
    return this.indexOf(value, byteOffset, encoding) !== -1;
  },
  equals(other) {
    if (!isBytes(other)) throw invalidType("otherBuffer", "an instance of Buffer or Uint8Array", other);
    return this === other || (this.byteLength === other.byteLength && native.bufferCompare(this, other) === 0);
  },
  compare(target, targetStart = 0, targetEnd = target?.length, sourceStart = 0, sourceEnd = this.length) {
    if (!isBytes(target)) throw invalidType("target", "an instance of Buffer or Uint8Array", target);
    requireInteger(targetStart, "targetStart", 0, MAX_LENGTH);
    requireInteger(targetEnd, "targetEnd", 0, target.length);
    requireInteger(sourceStart, "sourceStart", 0, MAX_LENGTH);
    requireInteger(sourceEnd, "sourceEnd", 0, this.length);
    if (sourceStart >= sourceEnd) return targetStart >= targetEnd ? 0 : -1;
    if (targetStart >= targetEnd) return 1;
    return native.bufferCompare(this.subarray(sourceStart, sourceEnd), target.subarray(targetStart, targetEnd));
  },
  fill(value, offset = undefined, end = undefined, encoding = undefined) {
    if (typeof value === "string" && typeof offset === "string") return fill(this, value, 0, this.length, offset);
    if (typeof value === "string" && typeof end === "string") return fill(this, value, boundary(offset ?? 0, "offset", MAX_LENGTH), this.length, end);
    if (offset === undefined) return fill(this, value, 0, this.length, encoding);
    const from = boundary(offset, "offset", MAX_LENGTH);
    const to = end === undefined ? this.length : boundary(end, "end", this.length);
    return fill(this, value, from, to, encoding);
  },
};

function fill(buffer, value, from, to, encoding) {
  const bytes = fillingOf(value, encoding);
  if (from >= to) return buffer;
  if (bytes.length === 1) {
    Reflect.apply(fillWithByte, buffer, [bytes[0], from, to]);
    return buffer;
  }
  const first = bytes.subarray(0, to - from);
  buffer.set(first, from);
  // Each round doubles what is filled.
  for (let filled = first.length; filled < to - from; filled *= 2) {
    buffer.copyWithin(from + filled, from, from + Math.min(filled, to - from - filled));
  }
  return buffer;
}

/** `Buffer.prototype.copy`. */
export function copy(source, target, givenStart, givenFrom, givenEnd) {
  if (!ArrayBuffer.isView(target)) throw invalidType("target", "an instance of Buffer or Uint8Array", target);
  const start = givenStart === undefined ? 0 : whole(givenStart);
  if (start < 0) throw outOfRange("targetStart", ">= 0", start);
  const from = givenFrom === undefined ? 0 : whole(givenFrom);
  if (from < 0 || from > source.length) throw outOfRange("sourceStart", `>= 0 && <= ${source.length}`, from);
  let end = givenEnd === undefined ? source.length : whole(givenEnd);
  if (end < 0) throw outOfRange("sourceEnd", ">= 0", end);
  end = Math.min(end, source.length);
  const room = target.byteLength - start;
  if (room <= 0 || from >= end) return 0;
  const count = Math.min(end - from, room);
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  bytes.set(new Uint8Array(source.buffer, source.byteOffset + from, count), start);
  return count;
}

function whole(value) {
  const number = Math.trunc(Number(value));
  return Number.isNaN(number) ? 0 : number;
}

/** Turns the bytes of each unit around. */
export function swap(buffer, bytes) {
  if (buffer.length % bytes !== 0) {
    const thrown = error("ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${bytes * 8}-bits`);
    throw Object.setPrototypeOf(thrown, RangeError.prototype);
  }
  for (let at = 0; at < buffer.length; at += bytes) buffer.subarray(at, at + bytes).reverse();
  return buffer;
}

export function requireSize(size) {
  requireNumber(size, "size", 0, MAX_LENGTH);
}
