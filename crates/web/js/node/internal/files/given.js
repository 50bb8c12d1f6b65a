// What calls on files are given: flags, encodings, modes, options.
import { Buffer } from "../../buffer.js";
import { constants } from "./constants.js";
import { invalidType, invalidValue } from "../errors.js";
import { requireBoolean, requireInteger } from "../validate.js";

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = constants;

const FLAGS = {
  __proto__: null,
  r: O_RDONLY,
  rs: O_RDONLY | O_SYNC,
  sr: O_RDONLY | O_SYNC,
  "r+": O_RDWR,
  "rs+": O_RDWR | O_SYNC,
  "sr+": O_RDWR | O_SYNC,
  w: O_TRUNC | O_CREAT | O_WRONLY,
  wx: O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  xw: O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  "w+": O_TRUNC | O_CREAT | O_RDWR,
  "wx+": O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  "xw+": O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  a: O_APPEND | O_CREAT | O_WRONLY,
  as: O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  sa: O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  ax: O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  xa: O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  "a+": O_APPEND | O_CREAT | O_RDWR,
  "as+": O_APPEND | O_CREAT | O_RDWR | O_SYNC,
  "sa+": O_APPEND | O_CREAT | O_RDWR | O_SYNC,
  "ax+": O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  "xa+": O_APPEND | O_CREAT | O_RDWR | O_EXCL,
};

/** The bits of the flags with which a file is opened. */
export function flagsOf(flags, otherwise = "r") {
  const given = flags ?? otherwise;
  if (typeof given === "number") {
    requireInteger(given, "flags", 0, 2147483647);
    return given;
  }
  const bits = typeof given === "string" ? FLAGS[given] : undefined;
  if (bits === undefined) throw invalidValue("flags", given);
  return bits;
}

/** A file's mode: a number, or its octal digits. */
export function modeOf(mode, name = "mode", otherwise = undefined) {
  if (mode === undefined || mode === null) {
    if (otherwise !== undefined) return otherwise;
  } else if (typeof mode === "string") {
    if (!/^[0-7]+$/.test(mode)) throw invalidValue(name, mode, "must be a 32-bit unsigned integer or an octal string");
    return Number.parseInt(mode, 8);
  }
  requireInteger(mode, name, 0, 4294967295);
  return mode;
}

/** Options that may be given as an encoding alone. */
export function optionsOf(options, defaults = {}) {
  if (options === undefined || options === null || typeof options === "function") return defaults;
  if (typeof options === "string") return { ...defaults, encoding: checkedEncoding(options) };
  if (typeof options !== "object") throw invalidType("options", "one of type string or object", options);
  if (options.encoding !== "buffer") checkedEncoding(options.encoding);
  return { ...defaults, ...options };
}

function checkedEncoding(encoding) {
  if (encoding && encoding !== "buffer" && !Buffer.isEncoding(encoding)) throw invalidValue("encoding", encoding, "is invalid encoding");
  return encoding;
}

/** Checks members that are true or false. */
export function requireBooleans(options, ...names) {
  for (const name of names) if (options[name] !== undefined) requireBoolean(options[name], `options.${name}`);
}

/** Bytes as a Buffer, or as text if there is an encoding. */
export function asEncoded(bytes, encoding) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding && encoding !== "buffer" ? buffer.toString(encoding) : buffer;
}

/** A name as text, or as bytes if those are asked for. */
export const asName = (name, encoding) => (encoding === "buffer" ? Buffer.from(name) : encoding ? Buffer.from(name).toString(encoding) : name);

/** The bytes of what is to be written. */
export function bytesOfData(data, encoding, name = "data") {
  if (typeof data === "string") return Buffer.from(data, encoding || "utf8");
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw invalidType(name, "of type string or an instance of Buffer, TypedArray, or DataView", data);
}

/** A time, in milliseconds: a Date, or seconds. */
export function timeOf(value, name) {
  const milliseconds = value instanceof Date ? value.getTime() : Number(value) * 1000;
  if (!Number.isFinite(milliseconds) || (typeof value !== "number" && typeof value !== "string" && !(value instanceof Date))) {
    throw invalidType(name, "of type number or string or an instance of Date", value);
  }
  return milliseconds;
}

/** A file's number. */
export function descriptorOf(fd, name = "fd") {
  requireInteger(fd, name, 0, 2147483647);
  return fd;
}

/** A position in a file; undefined for that of the open file. */
export function positionOf(position, name = "position") {
  if (position === undefined || position === null || position === -1 || position === -1n) return undefined;
  if (typeof position === "bigint") return positionOf(Number(position), name);
  if (typeof position !== "number") throw invalidType(name, "of type number or bigint", position);
  requireInteger(position, name, 0);
  return position;
}
