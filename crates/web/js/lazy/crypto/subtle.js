// SubtleCrypto (https://w3c.github.io/webcrypto/#subtlecrypto-interface): the frame around the algorithms, each of
// which is a file of its own that registers what it can do.
import { defineInterface, enumeration, illegalConstructor, isObject, requireArguments, unsignedLong } from "../../webidl.js";
import { DOMException } from "../../dom-exception.js";
import { normalizeAlgorithm, operationOf } from "./algorithms.js";
import { parseJsonWebKey, stringifyJsonWebKey, toJsonWebKey } from "./jwk.js";
import { isCryptoKey, slotsOf } from "./key.js";
import { toUsages, usageOf } from "./usages.js";
import { native } from "../../native.js";
import "./aes.js";
import "./derivation.js";
import "./digest.js";
import "./edwards.js";
import "./elliptic.js";
import "./hmac.js";
import "./rsa.js";

const MADE_HERE = {};
const FORMATS = ["raw", "spki", "pkcs8", "jwk"];

// The methods are async functions, so that whatever goes wrong, also with an argument, is a rejection. Algorithms
// read the bytes that they are given before they return, so nobody can change them under a running operation. Nothing waits in
// between: to wait for a value is to ask it for `then`, and what a tenant has put there would see secrets.
export class SubtleCrypto {
  // Only a brand: a wrong receiver must not pass.
  #brand;

  constructor(token = undefined) {
    if (token !== MADE_HERE) illegalConstructor();
  }

  async encrypt(algorithm, key, data) {
    return this.#useKey("encrypt", arguments.length, algorithm, key, data);
  }

  async decrypt(algorithm, key, data) {
    return this.#useKey("decrypt", arguments.length, algorithm, key, data);
  }

  async sign(algorithm, key, data) {
    return this.#useKey("sign", arguments.length, algorithm, key, data);
  }

  async verify(algorithm, key, signature, data) {
    this.#brand;
    requireArguments(arguments.length, 4, "SubtleCrypto.verify");
    requireKey(key, "verify");
    requireBytes(signature, "SubtleCrypto.verify: the signature");
    requireBytes(data, "SubtleCrypto.verify: the data");
    const { name, parameters, run } = normalizeAlgorithm("verify", algorithm);
    requireFit(key, name, "verify");
    return run(parameters, key, signature, data);
  }

  async digest(algorithm, data) {
    this.#brand;
    requireArguments(arguments.length, 2, "SubtleCrypto.digest");
    requireBytes(data, "SubtleCrypto.digest: the data");
    const { parameters, run } = normalizeAlgorithm("digest", algorithm);
    return run(parameters, data);
  }

  async generateKey(algorithm, extractable, keyUsages) {
    this.#brand;
    requireArguments(arguments.length, 3, "SubtleCrypto.generateKey");
    const usages = toUsages(keyUsages, "SubtleCrypto.generateKey");
    const { parameters, run } = normalizeAlgorithm("generateKey", algorithm);
    const made = run(parameters, Boolean(extractable), usages);
    requireSomeUse(isCryptoKey(made) ? made : made.privateKey, "generateKey");
    return made;
  }

  async deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
    this.#brand;
    requireArguments(arguments.length, 5, "SubtleCrypto.deriveKey");
    requireKey(baseKey, "deriveKey");
    const usages = toUsages(keyUsages, "SubtleCrypto.deriveKey");
    const derive = normalizeAlgorithm("deriveBits", algorithm);
    const target = normalizeAlgorithm("importKey", derivedKeyType);
    const lengthOf = normalizeAlgorithm("getKeyLength", derivedKeyType);
    requireFit(baseKey, derive.name, "deriveKey");
    const bits = derive.run(derive.parameters, baseKey, lengthOf.run(lengthOf.parameters));
    return imported(target, "raw", native.copyOf(bits), Boolean(extractable), usages, "deriveKey");
  }

  async deriveBits(algorithm, baseKey, length = null) {
    this.#brand;
    requireArguments(arguments.length, 2, "SubtleCrypto.deriveBits");
    requireKey(baseKey, "deriveBits");
    const bits = length === null || length === undefined ? null : unsignedLong(length);
    const { name, parameters, run } = normalizeAlgorithm("deriveBits", algorithm);
    requireFit(baseKey, name, "deriveBits");
    return run(parameters, baseKey, bits);
  }

  async importKey(format, keyData, algorithm, extractable, keyUsages) {
    this.#brand;
    requireArguments(arguments.length, 5, "SubtleCrypto.importKey");
    const as = enumeration(format, FORMATS, "SubtleCrypto.importKey: the format");
    const data = toKeyData(as, keyData, "importKey");
    return importNow(as, data, algorithm, extractable, keyUsages);
  }

  async exportKey(format, key) {
    this.#brand;
    requireArguments(arguments.length, 2, "SubtleCrypto.exportKey");
    const as = enumeration(format, FORMATS, "SubtleCrypto.exportKey: the format");
    requireKey(key, "exportKey");
    const data = exported(as, key, "exportKey");
    return as === "jwk" ? { ...data } : data;
  }

  async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
    this.#brand;
    requireArguments(arguments.length, 4, "SubtleCrypto.wrapKey");
    const as = enumeration(format, FORMATS, "SubtleCrypto.wrapKey: the format");
    requireKey(key, "wrapKey");
    requireKey(wrappingKey, "wrapKey");
    const wrap = wrapping("wrapKey", "encrypt", wrapAlgorithm);
    requireFit(wrappingKey, wrap.name, "wrapKey");
    const plain = exported(as, key, "wrapKey");
    return wrap.run(wrap.parameters, wrappingKey, as === "jwk" ? native.utf8Encode(wrappable(plain, wrap.name)) : plain);
  }

  async unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages) {
    this.#brand;
    requireArguments(arguments.length, 7, "SubtleCrypto.unwrapKey");
    const as = enumeration(format, FORMATS, "SubtleCrypto.unwrapKey: the format");
    requireBytes(wrappedKey, "SubtleCrypto.unwrapKey: the wrapped key");
    requireKey(unwrappingKey, "unwrapKey");
    const usages = toUsages(keyUsages, "SubtleCrypto.unwrapKey");
    const unwrap = wrapping("unwrapKey", "decrypt", unwrapAlgorithm);
    const target = normalizeAlgorithm("importKey", unwrappedKeyAlgorithm);
    requireFit(unwrappingKey, unwrap.name, "unwrapKey");
    const plain = unwrap.run(unwrap.parameters, unwrappingKey, wrappedKey);
    const data = as === "jwk" ? parseJsonWebKey(native.utf8Decode(plain, false, false), "SubtleCrypto.unwrapKey") : native.copyOf(plain);
    return imported(target, as, data, Boolean(extractable), usages, "unwrapKey");
  }

  /** Compares without letting the time tell where the two differ. Beyond the standard, but every verifier needs it. */
  timingSafeEqual(a, b) {
    this.#brand;
    requireArguments(arguments.length, 2, "SubtleCrypto.timingSafeEqual");
    requireBytes(a, "SubtleCrypto.timingSafeEqual: the first argument");
    requireBytes(b, "SubtleCrypto.timingSafeEqual: the second argument");
    const equal = native.timingSafeEqual(a, b);
    if (equal === undefined) throw new TypeError("SubtleCrypto.timingSafeEqual: the arguments differ in length.");
    return equal;
  }

  async #useKey(operation, given, algorithm, key, data) {
    this.#brand;
    requireArguments(given, 3, `SubtleCrypto.${operation}`);
    requireKey(key, operation);
    requireBytes(data, `SubtleCrypto.${operation}: the data`);
    const { name, parameters, run } = normalizeAlgorithm(operation, algorithm);
    requireFit(key, name, operation);
    return run(parameters, key, data);
  }
}
defineInterface(SubtleCrypto, "SubtleCrypto");

export const subtle = new SubtleCrypto(MADE_HERE);

/** A key of data that nobody else has. */
export function importNow(format, data, algorithm, extractable, keyUsages) {
  const usages = toUsages(keyUsages, "SubtleCrypto.importKey");
  return imported(normalizeAlgorithm("importKey", algorithm), format, data, Boolean(extractable), usages, "importKey");
}

// Wrapping is encrypting, for an algorithm that has no way of its own to wrap.
function wrapping(own, other, algorithm) {
  try {
    return normalizeAlgorithm(own, algorithm);
  } catch {
    return normalizeAlgorithm(other, algorithm);
  }
}

function imported({ parameters, run }, format, data, extractable, usages, operation) {
  const key = run(parameters, format, data, extractable, usages);
  requireSomeUse(key, operation);
  return key;
}

function exported(format, key, operation) {
  const { algorithm, extractable } = slotsOf(key);
  const run = operationOf("exportKey", algorithm.name);
  if (run === undefined) throw new DOMException(`SubtleCrypto.${operation}: keys of '${algorithm.name}' cannot be exported.`, "NotSupportedError");
  if (!extractable) throw new DOMException(`SubtleCrypto.${operation}: the key is not extractable.`, "InvalidAccessError");
  return run(format, key);
}

// AES-KW takes multiples of eight bytes, and JSON does not mind spaces behind it.
function wrappable(jwk, name) {
  let text = stringifyJsonWebKey(jwk);
  while (name === "AES-KW" && text.length % 8 !== 0) text += " ";
  return text;
}

function toKeyData(format, data, operation) {
  const isBytes = native.isBufferSource(data);
  if (format !== "jwk") {
    if (!isBytes) throw new TypeError(`SubtleCrypto.${operation}: key data in the format '${format}' is an ArrayBuffer or an ArrayBufferView.`);
    return native.copyOf(data);
  }
  if (isBytes || !isObject(data)) throw new TypeError(`SubtleCrypto.${operation}: key data in the format 'jwk' is a JsonWebKey.`);
  return toJsonWebKey(data);
}

function requireKey(value, operation) {
  if (!isCryptoKey(value)) throw new TypeError(`SubtleCrypto.${operation}: the key is not a CryptoKey.`);
}

function requireFit(key, name, operation) {
  const { algorithm, usages } = slotsOf(key);
  if (algorithm.name !== name) {
    throw new DOMException(`SubtleCrypto.${operation}: the key is for '${algorithm.name}', not for '${name}'.`, "InvalidAccessError");
  }
  if ((usages & usageOf(operation)) === 0) {
    throw new DOMException(`SubtleCrypto.${operation}: the key may not be used for '${operation}'.`, "InvalidAccessError");
  }
}

function requireSomeUse(key, operation) {
  const { type, usages } = slotsOf(key);
  if (type !== "public" && usages === 0) {
    throw new DOMException(`SubtleCrypto.${operation}: a key without any usage would be of no use.`, "SyntaxError");
  }
}

function requireBytes(value, what) {
  if (!native.isBufferSource(value)) throw new TypeError(`${what} is not an ArrayBuffer or an ArrayBufferView.`);
}
