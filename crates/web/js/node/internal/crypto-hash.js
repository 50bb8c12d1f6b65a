// Hashes, and HMAC, which is made of them (RFC 2104).
import { native } from "../../native.js";
import { Transform } from "../stream.js";
import { dataOf, encoded, sourceOf } from "./crypto-bytes.js";
import { error, invalidType, typeError } from "./errors.js";
import { requireString } from "./validate.js";
import { isKeyObject } from "../util/types.js";

const HASHES = {
  __proto__: null,
  md5: { native: "MD5", block: 64, length: 16 },
  sha1: { native: "SHA-1", block: 64, length: 20 },
  sha224: { native: "SHA-224", block: 64, length: 28 },
  sha256: { native: "SHA-256", block: 64, length: 32 },
  sha384: { native: "SHA-384", block: 128, length: 48 },
  sha512: { native: "SHA-512", block: 128, length: 64 },
  "sha512-256": { native: "SHA-512/256", block: 128, length: 32 },
};
const ALIASES = { __proto__: null, "sha-1": "sha1", "sha-224": "sha224", "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512", "sha-512/256": "sha512-256", "rsa-md5": "md5", "rsa-sha1": "sha1", "rsa-sha224": "sha224", "rsa-sha256": "sha256", "rsa-sha384": "sha384", "rsa-sha512": "sha512", "ssl3-md5": "md5", "ssl3-sha1": "sha1" };

export const hashNames = () => Object.keys(HASHES);

/** `{ native, block, length }` of a hash by its name, or undefined. */
export function hashNamed(name) {
  const lower = `${name}`.toLowerCase();
  return HASHES[ALIASES[lower] ?? lower];
}

const finalized = () => error("ERR_CRYPTO_HASH_FINALIZED", "Digest already called");

export function Hash(algorithm, options) {
  if (!(this instanceof Hash)) return new Hash(algorithm, options);
  const copied = algorithm instanceof Hash ? algorithm : undefined;
  if (copied === undefined) requireString(algorithm, "algorithm");
  const found = copied === undefined ? hashNamed(algorithm) : copied._hash;
  if (found === undefined) throw new Error("Digest method not supported");
  Transform.call(this, options);
  hide(this, "_hash", found);
  hide(this, "_hasher", copied === undefined ? native.hasherNew(found.native) : native.hasherCopy(copied._hasher));
  hide(this, "_done", false);
}
extend(Hash);

function extend(Class) {
  Object.setPrototypeOf(Class.prototype, Transform.prototype);
  Object.setPrototypeOf(Class, Transform);
  Class.prototype._transform = function (chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  };
  Class.prototype._flush = function (callback) {
    this.push(this.digest());
    callback();
  };
}

function hide(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: false, configurable: true });
}

Hash.prototype.update = function (data, encoding) {
  if (this._done) throw finalized();
  native.hasherUpdate(this._hasher, dataOf(data, "data", encoding));
  return this;
};

Hash.prototype.digest = function (encoding) {
  if (this._done) throw finalized();
  this._done = true;
  return encoded(native.hasherFinish(this._hasher), encoding);
};

Hash.prototype.copy = function (options) {
  if (this._done) throw finalized();
  return new Hash(this, options);
};

const xored = (key, block, byte) => {
  const padded = new Uint8Array(block).fill(byte);
  for (let i = 0; i < key.length; i++) padded[i] ^= key[i];
  return padded;
};

function digestOf(hash, ...parts) {
  const hasher = native.hasherNew(hash.native);
  for (const part of parts) native.hasherUpdate(hasher, part);
  return new Uint8Array(native.hasherFinish(hasher));
}

export function Hmac(algorithm, key, options) {
  if (!(this instanceof Hmac)) return new Hmac(algorithm, key, options);
  requireString(algorithm, "hmac");
  const hash = hashNamed(algorithm);
  let bytes;
  if (isKeyObject(key)) {
    if (key.type !== "secret") throw error("ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${key.type}, expected secret.`);
    bytes = key.export();
  } else {
    if (key === null || key === undefined) throw invalidType("key", "of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey", key);
    bytes = sourceOf(key, "key", options?.encoding);
  }
  if (hash === undefined) throw typeError("ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${algorithm}`);
  Transform.call(this, options);
  if (bytes.length > hash.block) bytes = digestOf(hash, bytes);
  hide(this, "_hash", hash);
  hide(this, "_hasher", native.hasherNew(hash.native));
  hide(this, "_outer", xored(bytes, hash.block, 0x5c));
  hide(this, "_done", false);
  native.hasherUpdate(this._hasher, xored(bytes, hash.block, 0x36));
}
extend(Hmac);

Hmac.prototype.update = Hash.prototype.update;

Hmac.prototype.digest = function (encoding) {
  // As Node has it: a second time, there is nothing left.
  if (this._done) return encoded(new Uint8Array(0), encoding);
  this._done = true;
  return encoded(digestOf(this._hash, this._outer, new Uint8Array(native.hasherFinish(this._hasher))), encoding);
};

export const createHash = (algorithm, options) => new Hash(algorithm, options);
export const createHmac = (algorithm, key, options) => new Hmac(algorithm, key, options);

/** A digest at once. */
export function hash(algorithm, data, encoding = "hex") {
  requireString(algorithm, "algorithm");
  const found = hashNamed(algorithm);
  if (found === undefined) throw new Error("Digest method not supported");
  return encoded(digestOf(found, dataOf(data, "input")), encoding);
}
