// Primes: told from other numbers, and found.
import { native } from "../../native.js";
import { Buffer } from "../buffer.js";
import { bufferOf } from "./crypto-bytes.js";
import { invalidType, notImplemented, outOfRange, rangeError } from "./errors.js";
import { requireBoolean, requireFunction, requireInteger, requireObject } from "./validate.js";

const INT32_MAX = 2147483647;
const BITS_MAX = 8192;
const BYTES_MAX = BITS_MAX / 8;
// How far a search goes from one random number on.
const STEPS = 256;

const isBuffer = (value) => value instanceof ArrayBuffer;

/** The bytes of a number, the greatest first. */
export function bytesOfNumber(number) {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/** The number that bytes stand for. */
export const numberOfBytes = (bytes) => (bytes.length === 0 ? 0n : BigInt(`0x${bufferOf(bytes).toString("hex")}`));

// A number that is not negative, given as one or as bytes.
function bytesGiven(value, name) {
  if (typeof value === "bigint") {
    if (value < 0n) throw outOfRange(name, ">= 0", value);
    return bytesOfNumber(value);
  }
  if (!isBuffer(value) && !ArrayBuffer.isView(value)) throw invalidType(name, "of type bigint or an instance of ArrayBuffer, TypedArray, Buffer, or DataView", value);
  return isBuffer(value) ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** Whether the number is a prime; nobody computes with longer ones than this platform does. */
export function isPrime(bytes, checks = 0) {
  let from = 0;
  while (from < bytes.length && bytes[from] === 0) from++;
  if (bytes.length - from > BYTES_MAX) throw notImplemented("crypto", `telling whether a number of more than ${BITS_MAX} bits is a prime`);
  return native.numberIsPrime(bytes.subarray(from), checks);
}

export function checkPrimeSync(candidate, options = {}) {
  const bytes = bytesGiven(candidate, "candidate");
  requireObject(options, "options");
  const { checks = 0 } = options;
  requireInteger(checks, "options.checks", 0, INT32_MAX);
  return isPrime(bytes, checks);
}

export function checkPrime(candidate, options, callback) {
  const given = typeof options === "function" ? options : callback;
  requireFunction(given, "callback");
  const answer = checkPrimeSync(candidate, typeof options === "function" ? {} : options);
  queueMicrotask(() => given(undefined, answer));
}

export function generatePrimeSync(size, options = {}) {
  requireInteger(size, "size", 1, INT32_MAX);
  requireObject(options, "options");
  const { safe = false, bigint = false } = options;
  const { add, rem } = options;
  requireBoolean(safe, "options.safe");
  requireBoolean(bigint, "options.bigint");
  const step = add === undefined ? undefined : numberOfBytes(bytesGiven(add, "options.add"));
  const rest = rem === undefined ? undefined : numberOfBytes(bytesGiven(rem, "options.rem"));
  if (size > BITS_MAX) throw notImplemented("crypto", `finding a prime of more than ${BITS_MAX} bits`);
  if (step !== undefined && bitsOf(step) > size) throw rangeError("ERR_OUT_OF_RANGE", "invalid options.add");
  if (step !== undefined && rest !== undefined && rest >= step) throw rangeError("ERR_OUT_OF_RANGE", "invalid options.rem");
  const prime = found(size, safe, step, rest);
  if (bigint) return prime;
  const bytes = new Uint8Array(Math.ceil(size / 8));
  const own = bytesOfNumber(prime);
  bytes.set(own, bytes.length - own.length);
  return bytes.buffer;
}

export function generatePrime(size, options, callback) {
  const given = typeof options === "function" ? options : callback;
  requireFunction(given, "callback");
  const prime = generatePrimeSync(size, typeof options === "function" ? {} : options);
  queueMicrotask(() => given(undefined, prime));
}

const bitsOf = (number) => (number === 0n ? 0 : number.toString(2).length);

function found(size, safe, step, rest) {
  if (size < (safe ? 3 : 2)) throw new Error("error:01800076:bignum routines::bits too small");
  if (step === undefined || step === 0n) {
    // Of short safe primes there are too few for the native's search.
    if (!safe || size >= 16) return numberOfBytes(native.numberPrime(size, safe ? "safe" : ""));
    return searched(size, safe, 2n, 1n);
  }
  return searched(size, safe, step, rest ?? (safe ? 3n : 1n) % step);
}

// A prime of the form `n * step + rest`. If there is none, it goes on until the worker has no time left, as Node does.
function searched(size, safe, step, rest) {
  const top = 1n << BigInt(size - 1);
  const random = new Uint8Array(Math.ceil(size / 8));
  for (;;) {
    native.randomBytes(random);
    const number = top | (numberOfBytes(random) % top);
    let candidate = number - (number % step) + rest;
    for (let i = 0; i < STEPS; i++, candidate += step) {
      const bits = bitsOf(candidate);
      if (bits > size) break;
      if (bits < size || candidate % 2n === 0n) continue;
      if (isPrime(bytesOfNumber(candidate)) && (!safe || isPrime(bytesOfNumber(candidate >> 1n)))) return candidate;
    }
  }
}
