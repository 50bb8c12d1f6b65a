// Signatures.
import { native } from "../../native.js";
import { Buffer } from "../buffer.js";
import { Writable } from "../stream.js";
import { bufferOf, dataOf, encoded, sourceOf } from "./crypto-bytes.js";
import { constants } from "./crypto-constants.js";
import { hashNamed } from "./crypto-hash.js";
import { innerOf, privateKeyOf, publicKeyOf } from "./crypto-keys.js";
import { SEQUENCE, children, element, integer, read } from "./der.js";
import { error, invalidValue, notImplemented, typeError } from "./errors.js";
import { requireFunction, requireString } from "./validate.js";

const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = constants;
const SALT_DIGEST = -1;
const SALT_MAX = -2;
const FIELD_BYTES = { __proto__: null, "P-256": 32, "P-384": 48, "P-521": 66 };

const failed = () => error("ERR_CRYPTO_OPERATION_FAILED", "The key does not allow this operation");

const provider = (code, number, reason) => error(`ERR_OSSL_${code}`, `error:${number}:Provider routines::${reason}`, { library: "Provider routines", reason });

function hashToSign(algorithm) {
  const hash = hashNamed(algorithm);
  if (hash === undefined) throw typeError("ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${algorithm}`);
  if (!["SHA-1", "SHA-256", "SHA-384", "SHA-512"].includes(hash.native)) throw notImplemented("crypto", `signing with ${algorithm}`);
  return hash;
}

// How a key signs: what natives want to know of it.
function schemeOf(key, algorithm, options, verifies) {
  const { handle, family, allowed } = innerOf(key);
  if (family === "Ed25519") return { handle, family, args: ["Ed25519", "", 0] };
  if (family === "X25519" || family === "DH") throw error("ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE", "error:03000096:digital envelope routines::operation not supported for this keytype");
  if (family === "RSA-PSS") return pssScheme({ handle, allowed }, algorithm, options, verifies);
  const hash = hashToSign(algorithm ?? "sha256");
  if (family !== "RSA") return { handle, family, args: ["ECDSA", hash.native, 0] };
  const padding = options?.padding ?? RSA_PKCS1_PADDING;
  if (padding === RSA_PKCS1_PADDING) return { handle, family, args: ["RSASSA-PKCS1-v1_5", hash.native, 0] };
  if (padding !== RSA_PKCS1_PSS_PADDING) throw invalidValue("options.padding", padding);
  return { handle, family, args: ["RSA-PSS", hash.native, saltOf(handle, hash, options.saltLength ?? SALT_MAX)] };
}

function saltOf(handle, hash, length) {
  if (length === SALT_DIGEST) return hash.length;
  return length === SALT_MAX ? Math.ceil((native.keyBits(handle) - 1) / 8) - hash.length - 2 : length;
}

// A key that is for PSS alone, and may allow one hash and no short salt.
function pssScheme({ handle, allowed }, algorithm, options, verifies) {
  if ((options?.padding ?? RSA_PKCS1_PSS_PADDING) !== RSA_PKCS1_PSS_PADDING) throw provider("ILLEGAL_OR_UNSUPPORTED_PADDING_MODE", "1C8000A5", "illegal or unsupported padding mode");
  const hash = hashToSign(algorithm ?? allowed?.hash.name ?? "sha256");
  const family = "RSA-PSS";
  if (allowed === undefined) return { handle, family, args: [family, hash.native, saltOf(handle, hash, options?.saltLength ?? SALT_MAX)] };
  if (hash.native !== allowed.hash.native) throw provider("DIGEST_NOT_ALLOWED", "1C8000AE", "digest not allowed");
  if (verifies && options?.saltLength === SALT_MAX) throw provider("INVALID_SALT_LENGTH", "1C800070", "invalid salt length");
  const salt = saltOf(handle, hash, options?.saltLength ?? allowed.saltLength);
  if (salt < allowed.saltLength) throw provider("PSS_SALTLEN_TOO_SMALL", "1C8000AC", "pss saltlen too small");
  return { handle, family, args: [`RSA-PSS/${allowed.mask.native}`, hash.native, salt] };
}

// ECDSA's two numbers, side by side or as DER has them.
function toDer(pair) {
  const half = pair.length / 2;
  return element(SEQUENCE, integer(pair.subarray(0, half)), integer(pair.subarray(half)));
}

function ofDer(bytes, width) {
  try {
    const outer = read(bytes);
    const numbers = children(outer.content);
    if (outer.tag !== SEQUENCE || outer.end !== bytes.length || numbers.length !== 2) return undefined;
    const pair = Buffer.alloc(width * 2);
    for (const [i, { content }] of numbers.entries()) {
      const number = content[0] === 0 ? content.subarray(1) : content;
      if (number.length > width) return undefined;
      pair.set(number, width * (i + 1) - number.length);
    }
    return pair;
  } catch {
    return undefined;
  }
}

function encodingOf(options) {
  const encoding = options?.dsaEncoding ?? "der";
  if (encoding !== "der" && encoding !== "ieee-p1363") throw invalidValue("options.dsaEncoding", encoding);
  return encoding;
}

const optionsOf = (key) => (typeof key === "object" && key !== null && !ArrayBuffer.isView(key) ? key : undefined);

function signed(algorithm, data, key) {
  const options = optionsOf(key);
  const encoding = encodingOf(options);
  const { handle, family, args } = schemeOf(privateKeyOf(key), algorithm, options, false);
  const signature = native.keySign(handle, data, ...args);
  if (signature === undefined) throw failed();
  const bytes = bufferOf(signature);
  return FIELD_BYTES[family] !== undefined && encoding === "der" ? toDer(bytes) : bytes;
}

function verified(algorithm, data, key, signature) {
  const options = optionsOf(key);
  const encoding = encodingOf(options);
  const { handle, family, args } = schemeOf(publicKeyOf(key), algorithm, options, true);
  let bytes = signature;
  if (FIELD_BYTES[family] !== undefined && encoding === "der") bytes = ofDer(signature, FIELD_BYTES[family]);
  if (bytes === undefined) return false;
  // A salt of any length is accepted unless one was asked for.
  if (args[0] === "RSA-PSS" && (options?.saltLength === undefined || options.saltLength === SALT_MAX)) {
    for (let salt = args[2]; salt >= 0; salt--) {
      if (native.keyVerify(handle, data, args[0], args[1], salt, bytes) === true) return true;
    }
    return false;
  }
  return native.keyVerify(handle, data, ...args, bytes) === true;
}

/** Whether it is a signature with PSS, with what `pssAllowed` gives of an algorithm. */
export const verifyPss = (handle, { hash, mask, saltLength }, data, signature) =>
  native.keyVerify(handle, data, `RSA-PSS/${mask.native}`, hash.native, saltLength, signature) === true;

function later(callback, work) {
  requireFunction(callback, "callback");
  let result;
  try {
    result = work();
  } catch (thrown) {
    queueMicrotask(() => callback(thrown));
    return;
  }
  queueMicrotask(() => callback(null, result));
}

export function sign(algorithm, data, key, callback = undefined) {
  if (algorithm !== null && algorithm !== undefined) requireString(algorithm, "algorithm");
  const bytes = sourceOf(data, "data");
  if (callback === undefined) return signed(algorithm, bytes, key);
  return later(callback, () => signed(algorithm, bytes, key));
}

export function verify(algorithm, data, key, signature, callback = undefined) {
  if (algorithm !== null && algorithm !== undefined) requireString(algorithm, "algorithm");
  const [bytes, given] = [sourceOf(data, "data"), sourceOf(signature, "signature")];
  if (callback === undefined) return verified(algorithm, bytes, key, given);
  return later(callback, () => verified(algorithm, bytes, key, given));
}

class Collecting extends Writable {
  #parts = [];
  #algorithm;

  constructor(algorithm, options) {
    requireString(algorithm, "algorithm");
    if (hashNamed(algorithm) === undefined) throw typeError("ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${algorithm}`);
    super(options);
    this.#algorithm = algorithm;
  }

  update(data, encoding) {
    this.#parts.push(dataOf(data, "data", encoding).slice());
    return this;
  }

  _write(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  }

  _collected() {
    return { algorithm: this.#algorithm, data: Buffer.concat(this.#parts) };
  }
}

export class Sign extends Collecting {
  sign(key, encoding = undefined) {
    if (!key) throw error("ERR_CRYPTO_SIGN_KEY_REQUIRED", "No key provided to sign");
    const { algorithm, data } = this._collected();
    return encoded(signed(algorithm, data, key), encoding);
  }
}

export class Verify extends Collecting {
  verify(key, signature, encoding = undefined) {
    const { algorithm, data } = this._collected();
    return verified(algorithm, data, key, sourceOf(signature, "signature", encoding));
  }
}

export const createSign = (algorithm, options) => new Sign(algorithm, options);
export const createVerify = (algorithm, options) => new Verify(algorithm, options);
