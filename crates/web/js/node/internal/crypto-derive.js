// Keys that are derived: PBKDF2, HKDF, scrypt.
import { native } from "../../native.js";
import { bufferOf, sourceOf } from "./crypto-bytes.js";
import { hashNamed } from "./crypto-hash.js";
import { error, rangeError, typeError } from "./errors.js";
import { requireFunction, requireInteger, requireNumber, requireString } from "./validate.js";
import { isKeyObject } from "../util/types.js";

const LENGTH_MAX = 2147483647;

// The result comes later, as if somebody else had computed it.
function later(work, callback) {
  let result;
  try {
    result = work();
  } catch (thrown) {
    queueMicrotask(() => callback(thrown));
    return;
  }
  queueMicrotask(() => callback(null, result));
}

function requireHash(digest) {
  requireString(digest, "digest");
  const hash = hashNamed(digest);
  if (hash === undefined) throw typeError("ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${digest}`);
  if (hash.native === "SHA-224" || hash.native === "SHA-512/256" || hash.native === "MD5") throw error("ERR_METHOD_NOT_IMPLEMENTED", `node:crypto: deriving a key with ${digest} is not implemented by Mote`);
  return hash;
}

function pbkdf2Work(password, salt, iterations, length, digest) {
  requireString(digest, "digest");
  const [secret, salted] = [sourceOf(password, "password"), sourceOf(salt, "salt")];
  requireInteger(iterations, "iterations", 1, LENGTH_MAX);
  requireInteger(length, "keylen", 0, LENGTH_MAX);
  const hash = requireHash(digest);
  return () => bufferOf(native.pbkdf2(hash.native, secret, salted, iterations, length));
}

export const pbkdf2Sync = (password, salt, iterations, length, digest) => pbkdf2Work(password, salt, iterations, length, digest)();

export function pbkdf2(password, salt, iterations, length, digest, callback) {
  const given = typeof digest === "function" ? digest : callback;
  const work = pbkdf2Work(password, salt, iterations, length, typeof digest === "function" ? undefined : digest);
  requireFunction(given, "callback");
  later(work, given);
}

function hkdfWork(digest, key, salt, info, length) {
  requireString(digest, "digest");
  const secret = isKeyObject(key) ? key.export() : sourceOf(key, "ikm");
  const [salted, label] = [sourceOf(salt, "salt"), sourceOf(info, "info")];
  requireInteger(length, "length", 0, LENGTH_MAX);
  if (label.length > 1024) throw rangeError("ERR_OUT_OF_RANGE", `The value of "info" is out of range. It must be must not contain more than 1024 bytes. Received ${label.length}`);
  const hash = requireHash(digest);
  if (length > 255 * hash.length) throw rangeError("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
  return () => new Uint8Array(native.hkdf(hash.native, secret, salted, label, length)).buffer;
}

export const hkdfSync = (digest, key, salt, info, length) => hkdfWork(digest, key, salt, info, length)();

export function hkdf(digest, key, salt, info, length, callback) {
  const work = hkdfWork(digest, key, salt, info, length);
  requireFunction(callback, "callback");
  later(work, callback);
}

const MEMORY_DEFAULT = 32 * 1024 * 1024;

function scryptWork(password, salt, length, options = {}) {
  const [secret, salted] = [sourceOf(password, "password"), sourceOf(salt, "salt")];
  requireInteger(length, "keylen", 0, LENGTH_MAX);
  const pick = (short, long, otherwise) => {
    const value = options?.[short] ?? options?.[long];
    if (value === undefined) return otherwise;
    requireInteger(value, options[short] === undefined ? long : short, 0, 4294967295);
    return value || otherwise;
  };
  const [n, r, p] = [pick("N", "cost", 16384), pick("r", "blockSize", 8), pick("p", "parallelization", 1)];
  let memory = MEMORY_DEFAULT;
  if (options?.maxmem !== undefined) {
    requireNumber(options.maxmem, "maxmem", 0);
    memory = options.maxmem;
  }
  const invalid = (text) => rangeError("ERR_CRYPTO_INVALID_SCRYPT_PARAMS", text);
  if (n < 2 || !Number.isInteger(Math.log2(n))) throw invalid("Invalid scrypt params");
  if (128 * n * r > memory) throw invalid("Invalid scrypt params: memory limit exceeded");
  return () => {
    const derived = native.scrypt(secret, salted, n, r, p, length);
    if (derived === undefined) throw invalid("Invalid scrypt params");
    return bufferOf(derived);
  };
}

export const scryptSync = (password, salt, length, options) => scryptWork(password, salt, length, options)();

export function scrypt(password, salt, length, options, callback) {
  const given = typeof options === "function" ? options : callback;
  const work = scryptWork(password, salt, length, typeof options === "function" ? {} : options);
  requireFunction(given, "callback");
  later(work, given);
}
