// Buffer's methods that read and write numbers.
import { invalidType, outOfRange, rangeError } from "./errors.js";

const scratch = new DataView(new ArrayBuffer(8));

function boundsError(value, limit, name) {
  if (Math.floor(value) !== value) {
    if (typeof value !== "number") throw invalidType(name ?? "offset", "of type number", value);
    throw outOfRange(name ?? "offset", "an integer", value);
  }
  if (limit < 0) throw rangeError("ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
  throw outOfRange(name ?? "offset", `>= ${name === undefined ? 0 : 1} and <= ${limit}`, value);
}

function requirePlace(buffer, offset, bytes) {
  if (typeof offset !== "number") throw invalidType("offset", "of type number", offset);
  if (buffer[offset] === undefined || buffer[offset + bytes - 1] === undefined) boundsError(offset, buffer.length - bytes);
}

function requireBytes(bytes) {
  if (bytes === undefined) throw invalidType("byteLength", "of type number", bytes);
  if (!(bytes >= 1 && bytes <= 6 && Math.floor(bytes) === bytes)) boundsError(bytes, 6, "byteLength");
}

function readUnsigned(buffer, offset, bytes, little) {
  requirePlace(buffer, offset, bytes);
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + buffer[little ? offset + bytes - 1 - i : offset + i];
  return value;
}

function readSigned(buffer, offset, bytes, little) {
  const value = readUnsigned(buffer, offset, bytes, little);
  return value >= 2 ** (8 * bytes - 1) ? value - 2 ** (8 * bytes) : value;
}

function requireRange(value, min, max, bytes) {
  if (!(value > max || value < min)) return;
  const n = typeof min === "bigint" ? "n" : "";
  let range = `>= ${min}${n} and <= ${max}${n}`;
  if (bytes > 4) {
    const bits = bytes * 8;
    range = min === 0 || min === 0n ? `>= 0${n} and < 2${n} ** ${bits}${n}` : `>= -(2${n} ** ${bits - 1}${n}) and < 2${n} ** ${bits - 1}${n}`;
  }
  throw outOfRange("value", range, value);
}

function writeInteger(buffer, given, offset, { bytes, signed, little }) {
  const value = +given;
  const max = signed ? 2 ** (8 * bytes - 1) - 1 : 2 ** (8 * bytes) - 1;
  requireRange(value, signed ? -(2 ** (8 * bytes - 1)) : 0, max, bytes);
  requirePlace(buffer, offset, bytes);
  // Two's complement; NaN is written as 0.
  let rest = Math.trunc(value) || 0;
  if (rest < 0) rest += 2 ** (8 * bytes);
  for (let i = 0; i < bytes; i++) {
    buffer[little ? offset + i : offset + bytes - 1 - i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return offset + bytes;
}

function readScratch(buffer, offset, bytes) {
  requirePlace(buffer, offset, bytes);
  for (let i = 0; i < bytes; i++) scratch.setUint8(i, buffer[offset + i]);
}

function writeScratch(buffer, offset, bytes) {
  requirePlace(buffer, offset, bytes);
  for (let i = 0; i < bytes; i++) buffer[offset + i] = scratch.getUint8(i);
  return offset + bytes;
}

function define(prototype, name, method) {
  Object.defineProperty(method, "name", { value: name, configurable: true });
  prototype[name] = method;
  // `readUInt8` is `readUint8` as well.
  if (name.includes("UInt")) prototype[name.replace("UInt", "Uint")] = method;
}

function defineIntegers(prototype, ending, little) {
  for (const [kind, signed] of [
    ["UInt", false],
    ["Int", true],
  ]) {
    const read = signed ? readSigned : readUnsigned;
    for (const bytes of ending === "" ? [1] : [2, 4]) {
      define(prototype, `read${kind}${bytes * 8}${ending}`, function (offset = 0) {
        return read(this, offset, bytes, little);
      });
      define(prototype, `write${kind}${bytes * 8}${ending}`, function (value, offset = 0) {
        return writeInteger(this, value, offset, { bytes, signed, little });
      });
    }
    if (ending === "") continue;
    define(prototype, `read${kind}${ending}`, function (offset, byteLength) {
      if (offset === undefined) throw invalidType("offset", "of type number", offset);
      requireBytes(byteLength);
      return read(this, offset, byteLength, little);
    });
    define(prototype, `write${kind}${ending}`, function (value, offset, byteLength) {
      requireBytes(byteLength);
      return writeInteger(this, value, offset, { bytes: byteLength, signed, little });
    });
  }
}

function defineWide(prototype, ending, little) {
  for (const [kind, getter, min, max] of [
    ["BigUInt64", "BigUint64", 0n, 2n ** 64n - 1n],
    ["BigInt64", "BigInt64", -(2n ** 63n), 2n ** 63n - 1n],
  ]) {
    define(prototype, `read${kind}${ending}`, function (offset = 0) {
      readScratch(this, offset, 8);
      return scratch[`get${getter}`](0, little);
    });
    define(prototype, `write${kind}${ending}`, function (value, offset = 0) {
      requireRange(value, min, max, 8);
      scratch[`set${getter}`](0, value, little);
      return writeScratch(this, offset, 8);
    });
  }
  for (const [kind, getter, bytes] of [
    ["Float", "Float32", 4],
    ["Double", "Float64", 8],
  ]) {
    define(prototype, `read${kind}${ending}`, function (offset = 0) {
      readScratch(this, offset, bytes);
      return scratch[`get${getter}`](0, little);
    });
    define(prototype, `write${kind}${ending}`, function (value, offset = 0) {
      const number = +value;
      // NaN has many bit patterns, and V8 gives the one of `undefined` away.
      scratch[`set${getter}`](0, Number.isNaN(number) ? NaN : number, little);
      return writeScratch(this, offset, bytes);
    });
  }
}

/** Adds the methods that read and write numbers. */
export function addNumbers(prototype) {
  defineIntegers(prototype, "", true);
  for (const [ending, little] of [
    ["LE", true],
    ["BE", false],
  ]) {
    defineIntegers(prototype, ending, little);
    defineWide(prototype, ending, little);
  }
}
