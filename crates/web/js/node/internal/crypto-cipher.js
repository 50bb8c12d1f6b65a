// Ciphers that take their data in pieces, made of natives that take it at once.
import { native } from "../../native.js";
import { Buffer } from "../buffer.js";
import { Transform } from "../stream.js";
import { bufferOf, dataOf, encoded, sourceOf } from "./crypto-bytes.js";
import { error, invalidType, notImplemented, rangeError, typeError } from "./errors.js";
import { isKeyObject } from "../util/types.js";
import { requireString } from "./validate.js";

const BLOCK = 16;
const ALIASES = { __proto__: null, aes128: "aes-128-cbc", aes192: "aes-192-cbc", aes256: "aes-256-cbc", "id-aes128-gcm": "aes-128-gcm", "id-aes192-gcm": "aes-192-gcm", "id-aes256-gcm": "aes-256-gcm" };
const MODES = ["cbc", "ctr", "ecb", "gcm"];

export const cipherNames = () => [128, 192, 256].flatMap((bits) => MODES.map((mode) => `aes-${bits}-${mode}`));

/** `{ mode, keyBytes }` of a cipher by its name, or undefined. */
export function cipherNamed(name) {
  const lower = name.toLowerCase();
  const found = /^aes-(128|192|256)-(cbc|ctr|ecb|gcm)$/.exec(ALIASES[lower] ?? lower);
  return found === null ? undefined : { name: found[0], mode: found[2], keyBytes: Number(found[1]) / 8 };
}

export function getCipherInfo(name, options = {}) {
  const found = typeof name === "string" ? cipherNamed(name) : undefined;
  if (found === undefined) return undefined;
  const { mode, keyBytes } = found;
  if (options.keyLength !== undefined && options.keyLength !== keyBytes) return undefined;
  const ivLength = mode === "ecb" ? undefined : mode === "gcm" ? (options.ivLength ?? 12) : BLOCK;
  if (options.ivLength !== undefined && options.ivLength !== ivLength) return undefined;
  const isStream = mode === "gcm" || mode === "ctr";
  return { mode, name: found.name, ...(isStream ? {} : { blockSize: BLOCK }), ...(ivLength === undefined ? {} : { ivLength }), keyLength: keyBytes };
}

const joined = (one, other) => {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
};
const none = new Uint8Array(0);
const bytesOf = (buffer) => (ArrayBuffer.isView(buffer) ? buffer : new Uint8Array(buffer));
const badDecrypt = () => error("ERR_OSSL_BAD_DECRYPT", "error:1C800064:Provider routines::bad decrypt", { library: "Provider routines", reason: "bad decrypt" });
const wrongLength = () => error("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "error:1C80006B:Provider routines::wrong final block length", { library: "Provider routines", reason: "wrong final block length" });

// Blocks without padding. The native pads: what it adds to the end is taken off, or put there before.
function cbcEncrypt(key, iv, data) {
  return bytesOf(native.aesCbc(true, key, data, iv)).subarray(0, data.length);
}

function cbcDecrypt(key, iv, data) {
  if (data.length === 0) return none;
  const last = data.subarray(data.length - BLOCK);
  const padding = bytesOf(native.aesCbc(true, key, none, last));
  return bytesOf(native.aesCbc(false, key, joined(data, padding), iv));
}

class Cbc {
  constructor(key, iv, encrypts) {
    Object.assign(this, { key, iv, encrypts });
  }

  blocks(data) {
    const result = this.encrypts ? cbcEncrypt(this.key, this.iv, data) : cbcDecrypt(this.key, this.iv, data);
    if (data.length > 0) this.iv = (this.encrypts ? result : data).slice(-BLOCK);
    return result;
  }
}

class Ecb {
  constructor(key, _iv, encrypts) {
    Object.assign(this, { key, encrypts });
  }

  blocks(data) {
    const result = new Uint8Array(data.length);
    const zero = new Uint8Array(BLOCK);
    for (let at = 0; at < data.length; at += BLOCK) {
      const block = data.subarray(at, at + BLOCK);
      result.set(this.encrypts ? cbcEncrypt(this.key, zero, block) : cbcDecrypt(this.key, zero, block), at);
    }
    return result;
  }
}

// Of a mode that works in blocks: what is not a whole one is kept, and at the end it is padded.
class Blocks {
  padding = true;
  #rest = none;

  constructor(mode, encrypts) {
    Object.assign(this, { mode, encrypts });
  }

  update(data) {
    const all = joined(this.#rest, data);
    // The last block of what is decrypted may be padding.
    const keeps = !this.encrypts && this.padding && all.length % BLOCK === 0 && all.length > 0 ? BLOCK : all.length % BLOCK;
    this.#rest = all.slice(all.length - keeps);
    return this.mode.blocks(all.subarray(0, all.length - keeps));
  }

  final() {
    const rest = this.#rest;
    if (!this.padding) {
      if (rest.length === 0) return none;
      throw this.encrypts ? error("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "error:1C80006A:Provider routines::wrong final block length") : wrongLength();
    }
    if (this.encrypts) {
      const count = BLOCK - rest.length;
      return this.mode.blocks(joined(rest, new Uint8Array(count).fill(count)));
    }
    if (rest.length !== BLOCK) throw wrongLength();
    const block = this.mode.blocks(rest);
    const count = block[BLOCK - 1];
    const isPadded = count >= 1 && count <= BLOCK && block.subarray(BLOCK - count).every((byte) => byte === count);
    if (!isPadded) throw badDecrypt();
    return block.slice(0, BLOCK - count);
  }
}

// CTR. What is left of a block is skipped the next time.
class Counter {
  #used = 0;

  constructor(key, block, bits) {
    Object.assign(this, { key, block: block.slice(), bits });
  }

  update(data) {
    if (data.length === 0) return none;
    const used = this.#used;
    const result = bytesOf(native.aesCtr(this.key, joined(new Uint8Array(used), data), this.block, this.bits)).slice(used);
    const total = used + data.length;
    this.#used = total % BLOCK;
    this.#advance(Math.floor(total / BLOCK));
    return result;
  }

  #advance(blocks) {
    let carry = blocks;
    for (let at = BLOCK - 1; at >= BLOCK - this.bits / 8 && carry > 0; at--) {
      const sum = this.block[at] + (carry % 256);
      this.block[at] = sum % 256;
      carry = Math.floor(carry / 256) + (sum > 255 ? 1 : 0);
    }
  }

  final() {
    return none;
  }
}

// GCM. The text comes as CTR makes it, and the tag when all of it is known.
class Gcm {
  additional = none;
  tag = undefined;
  #parts = [];
  #counter;

  constructor(key, iv, encrypts) {
    Object.assign(this, { key, iv, encrypts });
    if (iv.length !== 12) return;
    const block = new Uint8Array(BLOCK);
    block.set(iv);
    block[BLOCK - 1] = 2;
    this.#counter = new Counter(key, block, 32);
  }

  update(data) {
    this.#parts.push(data.slice());
    // With another length, the first counter is known to the native alone: the text comes at the end.
    return this.#counter === undefined ? none : this.#counter.update(data);
  }

  final(tagLength) {
    const text = bytesOf(Buffer.concat(this.#parts));
    const given = this.encrypts ? text : joined(text, this.tag ?? none);
    const bits = (this.encrypts ? BLOCK : (this.tag?.length ?? BLOCK)) * 8;
    const result = this.encrypts || this.tag !== undefined ? native.aesGcm(this.encrypts, this.key, given, this.iv, this.additional, bits) : undefined;
    if (result === undefined) throw new Error("Unsupported state or unable to authenticate data");
    const bytes = bytesOf(result);
    if (!this.encrypts) return this.#counter === undefined ? bytes : none;
    this.tag = bytes.slice(bytes.length - BLOCK, bytes.length - BLOCK + tagLength);
    return this.#counter === undefined ? bytes.slice(0, bytes.length - BLOCK) : none;
  }
}

function keyOf(key, encoding) {
  if (isKeyObject(key)) {
    if (key.type !== "secret") throw error("ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${key.type}, expected secret.`);
    return new Uint8Array(key.export());
  }
  if (typeof key !== "string" && !ArrayBuffer.isView(key) && !(key instanceof ArrayBuffer)) throw invalidType("key", "of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey", key);
  return sourceOf(key, "key", encoding).slice();
}

function machineOf(name, key, iv, encrypts, options) {
  requireString(name, "cipher");
  const secret = keyOf(key, options?.encoding);
  if (iv !== null && iv !== undefined && typeof iv !== "string" && !ArrayBuffer.isView(iv) && !(iv instanceof ArrayBuffer)) throw invalidType("iv", "of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView", iv);
  const found = cipherNamed(name);
  if (found === undefined) {
    if (/ccm|ocb|chacha|wrap|des|cfb|ofb|xts|aria|camellia/i.test(name)) throw notImplemented("crypto", `the cipher ${name}`);
    throw error("ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
  }
  if (secret.length !== found.keyBytes) throw rangeError("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
  const start = iv === null || iv === undefined ? none : sourceOf(iv, "iv", options?.encoding).slice();
  const { mode } = found;
  const fits = mode === "ecb" ? start.length === 0 : mode === "gcm" ? start.length > 0 : start.length === BLOCK;
  if (!fits) throw typeError("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
  if (mode === "ctr") return { mode, machine: new Counter(secret, start, 128) };
  if (mode === "gcm") return { mode, machine: new Gcm(secret, start, encrypts) };
  return { mode, machine: new Blocks(mode === "cbc" ? new Cbc(secret, start, encrypts) : new Ecb(secret, start, encrypts), encrypts) };
}

const TAG_LENGTHS = [4, 8, 12, 13, 14, 15, 16];
const invalidState = (name) => error("ERR_CRYPTO_INVALID_STATE", `Invalid state for operation ${name}`);

class CipherBase extends Transform {
  #machine;
  #mode;
  #encrypts;
  #tagLength;
  #finished = false;

  constructor(encrypts, name, key, iv, options) {
    const { mode, machine } = machineOf(name, key, iv, encrypts, options);
    const length = options?.authTagLength;
    if (mode === "gcm" && length !== undefined && !TAG_LENGTHS.includes(length)) throw typeError("ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${length}`);
    super(options);
    this.#machine = machine;
    this.#mode = mode;
    this.#encrypts = encrypts;
    this.#tagLength = length ?? BLOCK;
  }

  update(data, inputEncoding, outputEncoding) {
    if (this.#finished) throw invalidState("update");
    return encoded(this.#machine.update(dataOf(data, "data", inputEncoding)), outputEncoding);
  }

  final(outputEncoding) {
    if (this.#finished) throw invalidState("final");
    this.#finished = true;
    return encoded(this.#machine.final(this.#tagLength), outputEncoding);
  }

  setAutoPadding(padding = true) {
    if (this.#finished) throw invalidState("setAutoPadding");
    this.#machine.padding = Boolean(padding);
    return this;
  }

  setAAD(data, options = undefined) {
    if (this.#mode !== "gcm" || this.#finished) throw invalidState("setAAD");
    this.#machine.additional = joined(this.#machine.additional, sourceOf(data, "buffer", options?.encoding));
    return this;
  }

  _tag() {
    if (this.#mode !== "gcm" || !this.#finished) throw invalidState("getAuthTag");
    return bufferOf(this.#machine.tag);
  }

  _setTag(tag, encoding) {
    const bytes = sourceOf(tag, "buffer", encoding).slice();
    if (this.#mode !== "gcm" || this.#finished || this.#machine.tag !== undefined) throw invalidState("setAuthTag");
    if (!TAG_LENGTHS.includes(bytes.length)) throw typeError("ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${bytes.length}`);
    this.#machine.tag = bytes;
    return this;
  }

  _transform(chunk, encoding, callback) {
    try {
      callback(null, this.update(chunk, encoding));
    } catch (thrown) {
      callback(thrown);
    }
  }

  _flush(callback) {
    try {
      callback(null, this.final());
    } catch (thrown) {
      callback(thrown);
    }
  }
}

export class Cipheriv extends CipherBase {
  constructor(name, key, iv, options) {
    super(true, name, key, iv, options);
  }

  getAuthTag() {
    return this._tag();
  }
}

export class Decipheriv extends CipherBase {
  constructor(name, key, iv, options) {
    super(false, name, key, iv, options);
  }

  setAuthTag(tag, encoding) {
    return this._setTag(tag, encoding);
  }
}

export const createCipheriv = (name, key, iv, options) => new Cipheriv(name, key, iv, options);
export const createDecipheriv = (name, key, iv, options) => new Decipheriv(name, key, iv, options);
