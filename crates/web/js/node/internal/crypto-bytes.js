// What the cryptography of Node takes for bytes, and what it gives back.
import { native } from "../../native.js";
import { Buffer } from "../buffer.js";
import { requireEncoding } from "./encodings.js";
import { invalidType } from "./errors.js";

const DATA = "of type string or an instance of Buffer, TypedArray, or DataView";
const SOURCE = "of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView";

const isBuffer = (value) => value instanceof ArrayBuffer || Object.prototype.toString.call(value) === "[object SharedArrayBuffer]";

/** Text, or a view of bytes. */
export function dataOf(value, name, encoding = undefined) {
  if (typeof value === "string") return native.bufferOfText(value, encoding === "buffer" ? "utf8" : requireEncoding(encoding));
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw invalidType(name, DATA, value);
}

/** The same, or a buffer. */
export function sourceOf(value, name, encoding = undefined) {
  if (isBuffer(value)) return new Uint8Array(value);
  if (typeof value !== "string" && !ArrayBuffer.isView(value)) throw invalidType(name, SOURCE, value);
  return dataOf(value, name, encoding);
}

export const bufferOf = (bytes) => (ArrayBuffer.isView(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes));

/** Bytes, or text of them. */
export function encoded(bytes, encoding) {
  const buffer = bufferOf(bytes);
  return encoding === undefined || encoding === null || encoding === "buffer" ? buffer : buffer.toString(encoding);
}
