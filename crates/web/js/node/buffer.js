// `node:buffer`.
import { atob, btoa } from "../base64.js";
import { Blob, File } from "../blob.js";
import { inspect } from "../lazy/inspect.js";
import { native } from "../native.js";
import { addNumbers } from "./internal/buffer-numbers.js";
import { MAX_LENGTH, copy, requireSize, searching, swap } from "./internal/buffer-search.js";
import { encodingNamed, requireEncoding } from "./internal/encodings.js";
import { error, invalidType, notImplemented, rangeError, typeError } from "./internal/errors.js";
import { requireArray, requireInteger } from "./internal/validate.js";

const MAX_STRING_LENGTH = 536870888;
const customInspect = Symbol.for("nodejs.util.inspect.custom");
const isArrayBuffer = (value) => {
  const tag = Object.prototype.toString.call(value);
  return value instanceof ArrayBuffer || tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]";
};
const isBytes = (value) => ArrayBuffer.isView(value) && value instanceof Uint8Array;

class FastBuffer extends Uint8Array {
  // As an array has it, so that `species` makes Buffers.
  constructor(bufferOrLength, byteOffset, length) {
    super(bufferOrLength, byteOffset, length);
  }
}

const wrapped = (bytes) => new FastBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

// A function, because it may be called without `new`.
export function Buffer(value, encodingOrOffset, length) {
  if (typeof value === "number") {
    if (typeof encodingOrOffset === "string") throw invalidType("string", "of type string", value);
    return Buffer.alloc(value);
  }
  return Buffer.from(value, encodingOrOffset, length);
}
FastBuffer.prototype.constructor = Buffer;
Buffer.prototype = FastBuffer.prototype;
Object.setPrototypeOf(Buffer, Uint8Array);
Object.defineProperty(Buffer, Symbol.species, { configurable: true, get: () => FastBuffer });

const FROM_TYPES = "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object";

Buffer.poolSize = 8192;

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === "string") return fromString(value, encodingOrOffset);
  if (typeof value === "object" && value !== null) {
    if (isArrayBuffer(value)) return fromArrayBuffer(value, encodingOrOffset, length);
    const primitive = value.valueOf?.();
    if (primitive !== undefined && primitive !== null && primitive !== value && (typeof primitive === "string" || typeof primitive === "object")) {
      return from(primitive, encodingOrOffset, length);
    }
    const made = fromObject(value);
    if (made !== undefined) return made;
    if (typeof value[Symbol.toPrimitive] === "function") {
      const text = value[Symbol.toPrimitive]("string");
      if (typeof text === "string") return fromString(text, encodingOrOffset);
    }
  }
  throw invalidType("first argument", FROM_TYPES, value);
};

function fromString(text, encoding) {
  return wrapped(native.bufferOfText(text, typeof encoding === "string" ? requireEncoding(encoding) : "utf8"));
}

function fromArrayBuffer(buffer, givenOffset, givenLength) {
  let offset = givenOffset === undefined ? 0 : +givenOffset;
  if (Number.isNaN(offset)) offset = 0;
  const room = buffer.byteLength - offset;
  if (room < 0) throw rangeError("ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
  let length = room;
  if (givenLength !== undefined) {
    length = Math.max(+givenLength, 0) || 0;
    if (length > room) throw rangeError("ERR_BUFFER_OUT_OF_BOUNDS", '"length" is outside of buffer bounds');
  }
  return new FastBuffer(buffer, offset, length);
}

function fromObject(object) {
  if (object.length !== undefined || isArrayBuffer(object.buffer)) {
    return typeof object.length === "number" ? fromArrayLike(object) : new FastBuffer();
  }
  if (object.type === "Buffer" && Array.isArray(object.data)) return fromArrayLike(object.data);
  return undefined;
}

function fromArrayLike(list) {
  if (!(list.length > 0)) return new FastBuffer();
  const buffer = new FastBuffer(list.length);
  buffer.set(list);
  return buffer;
}

Buffer.of = function of(...bytes) {
  return fromArrayLike(bytes);
};

Buffer.copyBytesFrom = function copyBytesFrom(view, offset = 0, length = undefined) {
  if (!ArrayBuffer.isView(view) || view instanceof DataView) throw invalidType("view", "an instance of TypedArray", view);
  requireInteger(offset, "offset", 0);
  if (length !== undefined) requireInteger(length, "length", 0);
  const part = view.subarray(offset, length === undefined ? view.length : offset + length);
  return fromArrayLike(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
};

Buffer.alloc = function alloc(size, fill, encoding) {
  requireSize(size);
  const buffer = new FastBuffer(size);
  if (fill !== undefined && fill !== 0 && size > 0) buffer.fill(fill, encoding);
  return buffer;
};

// Memory that was not cleared would show what others have left in it: here all of it is.
Buffer.allocUnsafe = function allocUnsafe(size) {
  requireSize(size);
  return new FastBuffer(size);
};
Buffer.allocUnsafeSlow = function allocUnsafeSlow(size) {
  requireSize(size);
  return new FastBuffer(size);
};

Buffer.isBuffer = function isBuffer(value) {
  return value instanceof Buffer;
};

Buffer.isEncoding = function isEncoding(encoding) {
  return typeof encoding === "string" && encoding.length !== 0 && encodingNamed(encoding) !== undefined;
};

Buffer.byteLength = function byteLength(value, encoding) {
  if (typeof value !== "string") {
    if (ArrayBuffer.isView(value) || isArrayBuffer(value)) return value.byteLength;
    throw invalidType("string", "of type string or an instance of Buffer or ArrayBuffer", value);
  }
  switch (encodingNamed(encoding)) {
    case "ascii":
    case "latin1":
      return value.length;
    case "utf16le":
      return value.length * 2;
    case "hex":
      return value.length >>> 1;
    case "base64":
    case "base64url": {
      const padding = value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0;
      return ((value.length - padding) * 3) >>> 2;
    }
    default:
      return native.utf8Length(value);
  }
};

Buffer.compare = function compare(one, other) {
  if (!isBytes(one)) throw invalidType("buf1", "an instance of Buffer or Uint8Array", one);
  if (!isBytes(other)) throw invalidType("buf2", "an instance of Buffer or Uint8Array", other);
  return one === other ? 0 : native.bufferCompare(one, other);
};

Buffer.concat = function concat(list, length) {
  requireArray(list, "list");
  if (list.length === 0) return new FastBuffer();
  let total = length;
  if (total === undefined) {
    total = 0;
    for (let i = 0; i < list.length; i++) total += list[i]?.length || 0;
  } else {
    requireInteger(total, "length", 0, MAX_LENGTH);
  }
  const buffer = Buffer.allocUnsafe(total);
  let at = 0;
  for (let i = 0; i < list.length; i++) {
    if (!isBytes(list[i])) throw invalidType(`list[${i}]`, "an instance of Buffer or Uint8Array", list[i]);
    if (at >= total) continue;
    const part = list[i].length > total - at ? new Uint8Array(list[i].buffer, list[i].byteOffset, total - at) : list[i];
    buffer.set(part, at);
    at += part.length;
  }
  return buffer;
};

function textOf(buffer, encoding, givenStart, givenEnd) {
  const { length } = buffer;
  let start = givenStart;
  if (start === undefined || start <= 0) start = 0;
  else if (start >= length) return "";
  else start = Math.trunc(start) || 0;
  const end = givenEnd === undefined || givenEnd > length ? length : Math.trunc(givenEnd) || 0;
  if (end <= start) return "";
  const name = encoding === undefined ? "utf8" : requireEncoding(`${encoding}`);
  const bytes = end - start;
  if ((name === "hex" ? bytes * 2 : name === "utf16le" ? bytes / 2 : bytes) > MAX_STRING_LENGTH && name !== "utf8") throw tooLong();
  return native.bufferText(buffer, name, start, end);
}

const tooLong = () => error("ERR_STRING_TOO_LONG", `Cannot create a string longer than 0x${MAX_STRING_LENGTH.toString(16)} characters`);

// Writes as many whole characters as there is room for.
function write(buffer, text, encoding, offset, length) {
  const room = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, Math.min(length, buffer.length - offset));
  if (encoding === "utf8") return native.utf8EncodeInto(text, room)[1];
  // More than there is room for need not be looked at: no character takes less than half a byte.
  const bytes = native.bufferOfText(encoding === "base64" || encoding === "base64url" ? text : text.slice(0, room.length * 2), encoding);
  let count = Math.min(bytes.length, room.length);
  if (encoding === "utf16le") count -= count % 2;
  room.set(bytes.subarray(0, count));
  return count;
}

const methods = {
  toString(encoding = undefined, start = undefined, end = undefined) {
    return textOf(this, encoding, start, end);
  },
  write(text, givenOffset = undefined, givenLength = undefined, givenEncoding = undefined) {
    if (typeof text !== "string") throw typeError("ERR_INVALID_ARG_TYPE", "argument must be a string");
    let [offset, length, encoding] = [givenOffset, givenLength, givenEncoding];
    if (offset === undefined) return write(this, text, "utf8", 0, this.length);
    if (length === undefined && typeof offset === "string") {
      [encoding, offset, length] = [offset, 0, this.length];
    } else {
      requireInteger(offset, "offset", 0, this.length);
      const room = this.length - offset;
      if (length === undefined) length = room;
      else if (typeof length === "string") [encoding, length] = [length, room];
      else requireInteger(length, "length", 0, this.length);
    }
    return write(this, text, requireEncoding(encoding), offset, Math.min(length, this.length - offset));
  },
  toJSON() {
    return { type: "Buffer", data: this.length > 0 ? [...this] : [] };
  },
  copy(target, targetStart = undefined, sourceStart = undefined, sourceEnd = undefined) {
    return copy(this, target, targetStart, sourceStart, sourceEnd);
  },
  subarray(start = undefined, end = undefined) {
    const from = clamped(start, this.length);
    const to = end === undefined ? this.length : clamped(end, this.length);
    return new FastBuffer(this.buffer, this.byteOffset + from, Math.max(to - from, 0));
  },
  swap16() {
    return swap(this, 2);
  },
  swap32() {
    return swap(this, 4);
  },
  swap64() {
    return swap(this, 8);
  },
  ...searching,
  [customInspect](_depth, options) {
    const shown = Math.min(INSPECT_MAX_BYTES, this.length);
    let text = native.bufferText(this, "hex", 0, shown).replace(/(.{2})/g, "$1 ").trim();
    const left = this.length - shown;
    if (left > 0) text += ` ... ${left} more byte${left > 1 ? "s" : ""}`;
    for (const key of native.namedKeys(this)) text += `${text === "" ? "" : ", "}${key}: ${inspect(this[key], options)}`;
    return `<${this.constructor?.name ?? "Buffer"} ${text}>`;
  },
};

function clamped(value, length) {
  const offset = Math.trunc(value) || 0;
  if (offset < 0) return Math.max(offset + length, 0);
  return Math.min(offset, length);
}

for (const key of Reflect.ownKeys(methods)) {
  Object.defineProperty(Buffer.prototype, key, { value: methods[key], writable: true, enumerable: true, configurable: true });
}
Buffer.prototype.slice = Buffer.prototype.subarray;
Buffer.prototype.toLocaleString = Buffer.prototype.toString;
addNumbers(Buffer.prototype);
Object.defineProperty(Buffer.prototype, "parent", {
  enumerable: true,
  get() {
    return this instanceof Buffer ? this.buffer : undefined;
  },
});
Object.defineProperty(Buffer.prototype, "offset", {
  enumerable: true,
  get() {
    return this instanceof Buffer ? this.byteOffset : undefined;
  },
});
// What some packages call instead of `toString` and `write`.
for (const [short, encoding] of [
  ["utf8", "utf8"],
  ["latin1", "latin1"],
  ["ascii", "ascii"],
  ["hex", "hex"],
  ["base64", "base64"],
  ["base64url", "base64url"],
  ["ucs2", "utf16le"],
]) {
  Buffer.prototype[`${short}Slice`] = function (start = 0, end = this.length) {
    return textOf(this, encoding, start, end);
  };
  Buffer.prototype[`${short}Write`] = function (text, offset = 0, length = this.length - offset) {
    requireInteger(offset, "offset", 0, this.length);
    return write(this, `${text}`, encoding, offset, length);
  };
}

export const INSPECT_MAX_BYTES = 50;
export const kMaxLength = MAX_LENGTH;
export const kStringMaxLength = MAX_STRING_LENGTH;
export const constants = { MAX_LENGTH, MAX_STRING_LENGTH };

export function SlowBuffer(length) {
  return Buffer.allocUnsafeSlow(length);
}
Object.setPrototypeOf(SlowBuffer.prototype, Uint8Array.prototype);
Object.setPrototypeOf(SlowBuffer, Uint8Array);

const bytesOf = (value) => {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isArrayBuffer(value)) return new Uint8Array(value);
  throw invalidType("input", "an instance of ArrayBuffer, Buffer, or TypedArray", value);
};

export function isUtf8(input) {
  try {
    native.utf8Decode(bytesOf(input), true, true);
    return true;
  } catch (thrown) {
    if (thrown.code === "ERR_INVALID_ARG_TYPE") throw thrown;
    return false;
  }
}

export function isAscii(input) {
  const bytes = bytesOf(input);
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] > 0x7f) return false;
  }
  return true;
}

const TRANSCODED = ["utf8", "utf16le", "latin1", "ascii"];

export function transcode(source, fromEncoding, toEncoding) {
  if (!isBytes(source)) throw invalidType("source", "an instance of Buffer or Uint8Array", source);
  if (source.length === 0) return Buffer.alloc(0);
  const [from, to] = [encodingNamed(fromEncoding), encodingNamed(toEncoding)];
  if (!TRANSCODED.includes(from) || !TRANSCODED.includes(to)) {
    throw error("U_ILLEGAL_ARGUMENT_ERROR", "Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]", { errno: 1 });
  }
  let text = native.bufferText(source, from, 0, source.length);
  const most = to === "latin1" ? "\u00ff" : to === "ascii" ? "\u007f" : undefined;
  // What the other encoding has no character for becomes a question mark.
  if (most !== undefined) text = [...text].map((one) => (one > most ? "?" : one)).join("");
  return fromString(text, to);
}

export function resolveObjectURL() {
  throw notImplemented("buffer", "resolveObjectURL");
}

export { Blob, File, atob, btoa };

export default {
  Blob,
  Buffer,
  File,
  INSPECT_MAX_BYTES,
  SlowBuffer,
  atob,
  btoa,
  constants,
  isAscii,
  isUtf8,
  kMaxLength,
  kStringMaxLength,
  resolveObjectURL,
  transcode,
};
