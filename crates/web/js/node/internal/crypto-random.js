// Random numbers, and what is compared without telling by its time where it differs.
import { native } from "../../native.js";
import { Buffer } from "../buffer.js";
import { sourceOf } from "./crypto-bytes.js";
import { invalidType, outOfRange, rangeError } from "./errors.js";
import { requireBoolean, requireFunction } from "./validate.js";

const STEP = 65536;
const SIZE_MAX = 2147483647;

function fill(bytes) {
  for (let at = 0; at < bytes.length; at += STEP) native.randomBytes(bytes.subarray(at, at + STEP));
}

function requireSize(size, name, max = SIZE_MAX) {
  if (typeof size !== "number") throw invalidType(name, "of type number", size);
  if (Number.isNaN(size) || size > max || size < 0) throw outOfRange(name, `>= 0 && <= ${max}`, size);
}

export function randomBytes(size, callback = undefined) {
  requireSize(size, "size");
  if (callback !== undefined) requireFunction(callback, "callback");
  const buffer = Buffer.alloc(size);
  fill(buffer);
  if (callback === undefined) return buffer;
  queueMicrotask(() => callback(null, buffer));
  return undefined;
}

function part(buffer, offset, size) {
  if (!ArrayBuffer.isView(buffer) && !(buffer instanceof ArrayBuffer)) throw invalidType("buf", "an instance of ArrayBuffer or ArrayBufferView", buffer);
  const bytes = buffer instanceof ArrayBuffer ? new Uint8Array(buffer) : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const unit = buffer.BYTES_PER_ELEMENT ?? 1;
  requireSize(offset, "offset", bytes.length / unit);
  const from = offset * unit;
  const count = size === undefined ? bytes.length - from : size * unit;
  if (size !== undefined) requireSize(size, "size");
  if (from + count > bytes.length) throw outOfRange("size + offset", `<= ${bytes.length}`, count + from);
  return bytes.subarray(from, from + count);
}

export function randomFillSync(buffer, offset = 0, size = undefined) {
  fill(part(buffer, offset, size));
  return buffer;
}

export function randomFill(buffer, givenOffset, givenSize, givenCallback) {
  let [offset, size, callback] = [givenOffset, givenSize, givenCallback];
  if (typeof offset === "function") [offset, size, callback] = [0, undefined, offset];
  else if (typeof size === "function") [size, callback] = [undefined, size];
  requireFunction(callback, "callback");
  fill(part(buffer, offset ?? 0, size));
  queueMicrotask(() => callback(null, buffer));
}

const RANGE_MAX = 2 ** 48 - 1;

export function randomInt(givenMin, givenMax, givenCallback) {
  let [min, max, callback] = [givenMin, givenMax, givenCallback];
  if (max === undefined || typeof max === "function") [min, max, callback] = [0, min, max];
  if (callback !== undefined) requireFunction(callback, "callback");
  if (!Number.isSafeInteger(min)) throw invalidType("min", "a safe integer", min);
  if (!Number.isSafeInteger(max)) throw invalidType("max", "a safe integer", max);
  if (max <= min) throw outOfRange("max", `greater than the value of "min" (${min})`, max);
  const range = max - min;
  if (range > RANGE_MAX) throw outOfRange("max - min", `<= ${RANGE_MAX}`, range);
  const bytes = new Uint8Array(6);
  const limit = 2 ** 48 - (2 ** 48 % range);
  let number;
  do {
    native.randomBytes(bytes);
    number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  } while (number >= limit);
  const result = (number % range) + min;
  if (callback === undefined) return result;
  queueMicrotask(() => callback(undefined, result));
  return undefined;
}

export function randomUUID(options = undefined) {
  if (options !== undefined && (options === null || typeof options !== "object")) throw invalidType("options", "of type object", options);
  if (options?.disableEntropyCache !== undefined) requireBoolean(options.disableEntropyCache, "options.disableEntropyCache");
  return native.randomUuid();
}

export function timingSafeEqual(one, other) {
  const bytes = (value, name) => {
    if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) throw invalidType(name, "an instance of ArrayBuffer, Buffer, TypedArray, or DataView", value);
    return sourceOf(value, name);
  };
  const equal = native.timingSafeEqual(bytes(one, "buf1"), bytes(other, "buf2"));
  if (equal === undefined) throw rangeError("ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "Input buffers must have the same byte length");
  return equal;
}
