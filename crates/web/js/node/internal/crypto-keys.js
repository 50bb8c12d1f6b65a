// KeyObject: secret keys, and keys of pairs in all their formats.
import { native } from "../../native.js";
import { isCryptoKey, slotsOf } from "../../lazy/crypto/key.js";
import { importNow } from "../../lazy/crypto/subtle.js";
import { Buffer } from "../buffer.js";
import { isKeyObject, rememberKeyObject } from "../util/types.js";
import { bufferOf, sourceOf } from "./crypto-bytes.js";
import { dhOf, dhWritten, isDh, publicDh } from "./crypto-dh-keys.js";
import { closed, closedPem, opened, openedPem, passphraseOf, sealingOf } from "./crypto-passphrases.js";
import { asPss, asRsa, isPss, pssAllowed } from "./crypto-pss.js";
import { BIT_STRING, INTEGER, NULL, OCTET_STRING, OID, SEQUENCE, children, element, malformed, ofPem, read, readable, toPem } from "./der.js";
import { error, invalidType, invalidValue, typeError } from "./errors.js";
import { requireObject, requireOneOf } from "./validate.js";

const FAMILIES = ["RSA", "P-256", "P-384", "P-521", "Ed25519", "X25519"];
const TYPES = { __proto__: null, RSA: "rsa", "RSA-PSS": "rsa-pss", DH: "dh", Ed25519: "ed25519", X25519: "x25519" };
const CURVES = { __proto__: null, "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1" };
const RSA_ENCRYPTION = Buffer.from("2a864886f70d010101", "hex");
const EC_PUBLIC_KEY = Buffer.from("2a8648ce3d0201", "hex");

export const curveNames = () => Object.values(CURVES);
export const familyOfCurve = (name) => Object.keys(CURVES).find((family) => CURVES[family] === name || family === name);

let inner;

export class KeyObject {
  #type;
  // Bytes of a secret key; numbers of one of Diffie's and Hellman's; else what natives know a key by.
  #handle;
  #family;
  // What an RSA key for PSS allows (crypto-pss.js).
  #allowed;

  constructor(type, handle, family = undefined, allowed = undefined) {
    if (type !== "secret" && type !== "public" && type !== "private") throw invalidValue("type", type);
    if (typeof handle !== "object" || handle === null) throw invalidType("handle", "of type object", handle);
    this.#type = type;
    this.#handle = handle;
    this.#family = family;
    this.#allowed = allowed;
    rememberKeyObject(this);
  }

  static from(key) {
    if (!isCryptoKey(key)) throw invalidType("key", "an instance of CryptoKey", key);
    const { type, secret } = slotsOf(key);
    if (type === "secret") return new KeyObject("secret", native.copyOf(secret));
    return new KeyObject(type, secret, FAMILIES.find((family) => isOf(secret, family)));
  }

  get type() {
    return this.#type;
  }

  get symmetricKeySize() {
    return this.#type === "secret" ? this.#handle.length : undefined;
  }

  get asymmetricKeyType() {
    if (this.#type === "secret") return undefined;
    return TYPES[this.#family] ?? "ec";
  }

  get asymmetricKeyDetails() {
    if (this.#type === "secret") return undefined;
    if (this.#family === "RSA" || this.#family === "RSA-PSS") {
      const exponent = native.keyParts(this.#handle)[1];
      const details = { modulusLength: native.keyBits(this.#handle), publicExponent: exponent.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) };
      if (this.#allowed === undefined) return details;
      const { hash, mask, saltLength } = this.#allowed;
      return { ...details, hashAlgorithm: hash.name, mgf1HashAlgorithm: mask.name, saltLength };
    }
    return CURVES[this.#family] === undefined ? {} : { namedCurve: CURVES[this.#family] };
  }

  equals(other) {
    if (!isKeyObject(other)) throw invalidType("otherKeyObject", "an instance of KeyObject", other);
    if (other.type !== this.type || other.asymmetricKeyType !== this.asymmetricKeyType) return false;
    const bytes = (key) => (key.type === "secret" ? key.export() : key.export({ format: "der", type: key.type === "public" ? "spki" : "pkcs8" }));
    const [one, two] = [bytes(this), bytes(other)];
    return one.length === two.length && native.timingSafeEqual(one, two);
  }

  export(options = undefined) {
    if (this.#type === "secret") {
      if (options?.format === "jwk") return { kty: "oct", k: bufferOf(this.#handle).toString("base64url") };
      return bufferOf(native.copyOf(this.#handle));
    }
    return exported(inner(this), options);
  }

  toCryptoKey(algorithm, extractable, keyUsages) {
    if (this.#type === "secret") return importNow("raw", native.copyOf(this.#handle), algorithm, extractable, keyUsages);
    const format = this.#type === "public" ? "spki" : "pkcs8";
    return importNow(format, native.copyOf(written(inner(this), format)), algorithm, extractable, keyUsages);
  }

  static {
    inner = (key) => ({ type: key.#type, handle: key.#handle, family: key.#family, allowed: key.#allowed });
  }
}
Object.defineProperty(KeyObject.prototype, Symbol.toStringTag, { value: "KeyObject", configurable: true });

/** `{ type, handle, family, allowed }`: for this room alone. */
export const innerOf = (key) => inner(key);

function isOf(handle, family) {
  const spki = native.keyExport(handle, "spki");
  return spki !== undefined && native.keyImport(family, "spki", spki) !== undefined;
}

// --- Writing -------------------------------------------------------------------------------------------------

const b64 = (bytes) => bufferOf(bytes).toString("base64url");

function jwkOf(type, handle, family) {
  if (family === "RSA") {
    const names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    return { kty: "RSA", ...Object.fromEntries(native.keyParts(handle).map((part, i) => [names[i], b64(part)])) };
  }
  if (CURVES[family] !== undefined) {
    const [x, y, d] = native.keyParts(handle);
    return { kty: "EC", x: b64(x), y: b64(y), crv: family, ...(d === undefined ? {} : { d: b64(d) }) };
  }
  const x = b64(native.keyExport(handle, "raw"));
  return { crv: family, ...(type === "private" ? { d: b64(native.keyExport(handle, "seed")) } : {}), x, kty: "OKP" };
}

function exported(key, options) {
  requireObject(options, "options");
  const { type, handle, family } = key;
  const isPrivate = type === "private";
  if (options.format === "jwk") {
    if (isPrivate && options.passphrase !== undefined) throw unfit("jwk", "does not support encryption");
    if (family === "RSA-PSS" || family === "DH") throw error("ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE", "Unsupported JWK Key Type.");
    return jwkOf(type, handle, family);
  }
  requireOneOf(options.format, "options.format", ["pem", "der", "jwk"]);
  const seal = isPrivate ? sealingOf(options) : undefined;
  const form = options.type;
  if (form === (isPrivate ? "pkcs8" : "spki")) {
    const bytes = written(key, form);
    const whole = seal === undefined ? bytes : closed(bytes, seal);
    if (options.format === "der") return whole;
    return toPem(seal === undefined ? (isPrivate ? "PRIVATE KEY" : "PUBLIC KEY") : "ENCRYPTED PRIVATE KEY", whole);
  }
  const [label, own] = ownForm(key, form);
  if (options.format === "der") {
    if (seal !== undefined) throw unfit(form, "does not support encryption");
    return own;
  }
  if (seal === undefined) return toPem(label, own);
  const { headers, bytes } = closedPem(own, seal);
  return toPem(label, bytes, headers);
}

const unfit = (form, why) => error("ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS", `The selected key encoding ${form} ${why}.`);

// In the two formats that all keys have.
function written({ handle, family, allowed }, format) {
  if (family === "DH") return dhWritten(format, handle);
  const bytes = bufferOf(native.keyExport(handle, format));
  return family === "RSA-PSS" ? asPss(bytes, allowed) : bytes;
}

// In those that RSA and the curves have for themselves, with their labels in PEM.
function ownForm(key, form) {
  const isPrivate = key.type === "private";
  if (form === "pkcs1" && key.family === "RSA") {
    const parts = children(read(written(key, isPrivate ? "pkcs8" : "spki")).content);
    return [`RSA ${isPrivate ? "PRIVATE" : "PUBLIC"} KEY`, Buffer.from(isPrivate ? parts[2].content : parts[1].content.subarray(1))];
  }
  if (form === "sec1" && isPrivate && CURVES[key.family] !== undefined) return ["EC PRIVATE KEY", sec1Of(written(key, "pkcs8"))];
  throw unfit(form, form === "pkcs1" ? "can only be used for RSA keys" : "can only be used for EC keys");
}

// An ECPrivateKey has the curve in itself, if it stands alone.
function sec1Of(pkcs8) {
  const parts = children(read(pkcs8).content);
  const curve = children(parts[1].content)[1].whole;
  const own = children(read(parts[2].content).content);
  return element(SEQUENCE, own[0].whole, own[1].whole, element(0xa0, curve), ...own.slice(2).map((one) => one.whole));
}

// --- Reading -------------------------------------------------------------------------------------------------

const wrapped = {
  pkcs1Private: (key) => element(SEQUENCE, element(INTEGER, Buffer.from([0])), element(SEQUENCE, element(OID, RSA_ENCRYPTION), element(NULL)), element(OCTET_STRING, key)),
  pkcs1Public: (key) => element(SEQUENCE, element(SEQUENCE, element(OID, RSA_ENCRYPTION), element(NULL)), element(BIT_STRING, Buffer.from([0]), key)),
  sec1(key) {
    const curve = children(read(key).content).find(({ tag }) => tag === 0xa0);
    if (curve === undefined) throw malformed();
    return element(SEQUENCE, element(INTEGER, Buffer.from([0])), element(SEQUENCE, element(OID, EC_PUBLIC_KEY), Buffer.from(curve.content)), element(OCTET_STRING, key));
  },
};

const CURVE_OIDS = { __proto__: null, "P-256": "2a8648ce3d030107", "P-384": "2b81040022", "P-521": "2b81040023" };
const SCALAR_BYTES = { __proto__: null, "P-256": 32, "P-384": 48, "P-521": 66 };

/** What natives know the private key of a curve by that is this number, or undefined if it is none. */
export function privateOfScalar(family, bytes) {
  let from = 0;
  while (from < bytes.length && bytes[from] === 0) from++;
  const scalar = bytes.subarray(from);
  const length = SCALAR_BYTES[family];
  if (scalar.length === 0 || scalar.length > length) return undefined;
  const padded = Buffer.alloc(length);
  padded.set(scalar, length - scalar.length);
  const own = element(SEQUENCE, element(INTEGER, Buffer.from([1])), element(OCTET_STRING, padded));
  const algorithm = element(SEQUENCE, element(OID, EC_PUBLIC_KEY), element(OID, Buffer.from(CURVE_OIDS[family], "hex")));
  return native.keyImport(family, "pkcs8", element(SEQUENCE, element(INTEGER, Buffer.from([0])), algorithm, element(OCTET_STRING, own)));
}

/** The key in a SubjectPublicKeyInfo. Throws if it is none that there is here. */
export const publicKeyOfSpki = (bytes) => imported("spki", bytes);

function imported(format, bytes) {
  const type = format === "spki" ? "public" : "private";
  const algorithm = children(read(bytes).content).find(({ tag }) => tag === SEQUENCE);
  if (algorithm === undefined) throw malformed();
  if (isDh(algorithm)) return new KeyObject(type, readable(() => dhOf(format, bytes)), "DH");
  if (isPss(algorithm)) {
    const allowed = readable(() => pssAllowed(algorithm));
    const handle = native.keyImport("RSA", format, asRsa(bytes));
    if (handle === undefined) throw malformed();
    return new KeyObject(type, handle, "RSA-PSS", allowed);
  }
  for (const family of FAMILIES) {
    const handle = native.keyImport(family, format, bytes);
    if (handle !== undefined) return new KeyObject(type, handle, family);
  }
  throw malformed();
}

// The key in a certificate.
function ofCertificate(bytes) {
  const body = children(read(children(read(bytes).content)[0].whole).content);
  const at = body[0].tag === 0xa0 ? 6 : 5;
  return imported("spki", Buffer.from(body[at].whole));
}

function ofLabel(label, bytes, passphrase) {
  switch (label) {
    case "PUBLIC KEY":
      return imported("spki", bytes);
    case "PRIVATE KEY":
      return imported("pkcs8", bytes);
    case "RSA PUBLIC KEY":
      return imported("spki", wrapped.pkcs1Public(bytes));
    case "RSA PRIVATE KEY":
      return imported("pkcs8", wrapped.pkcs1Private(bytes));
    case "EC PRIVATE KEY":
      return imported("pkcs8", wrapped.sec1(bytes));
    case "CERTIFICATE":
      return ofCertificate(bytes);
    case "ENCRYPTED PRIVATE KEY":
      return imported("pkcs8", opened(bytes, passphrase));
    default:
      throw malformed();
  }
}

const LABELS = { __proto__: null, spki: "PUBLIC KEY", pkcs8: "PRIVATE KEY", sec1: "EC PRIVATE KEY" };

function ofDer(bytes, type, isPublic, passphrase) {
  const label = type === "pkcs1" ? `RSA ${isPublic ? "PUBLIC" : "PRIVATE"} KEY` : LABELS[type];
  if (label === undefined) throw invalidValue("options.type", type);
  // A PrivateKeyInfo begins with its version, a sealed one with what it is sealed with.
  const isSealed = label === "PRIVATE KEY" && children(read(bytes).content)[0]?.tag === SEQUENCE;
  return ofLabel(isSealed ? "ENCRYPTED PRIVATE KEY" : label, bytes, passphrase);
}

const JWK_MEMBERS = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

function ofJwk(jwk) {
  requireObject(jwk, "key.key");
  const part = (name) => {
    if (typeof jwk[name] !== "string") throw invalidType(`key.${name}`, "of type string", jwk[name]);
    return Buffer.from(jwk[name], "base64url");
  };
  const isPrivate = jwk.d !== undefined;
  let handle;
  let family;
  if (jwk.kty === "RSA") {
    family = "RSA";
    handle = native.keyOfParts("RSA", ...(isPrivate ? JWK_MEMBERS : JWK_MEMBERS.slice(0, 2)).map(part));
  } else if (jwk.kty === "EC" && CURVES[jwk.crv] !== undefined) {
    family = jwk.crv;
    handle = native.keyOfParts(family, ...(isPrivate ? ["x", "y", "d"] : ["x", "y"]).map(part));
  } else if (jwk.kty === "OKP" && (jwk.crv === "Ed25519" || jwk.crv === "X25519")) {
    family = jwk.crv;
    handle = native.keyImport(family, isPrivate ? "seed" : "raw", part(isPrivate ? "d" : "x"));
  } else {
    requireOneOf(jwk.kty, "key.kty", ["RSA", "EC", "OKP"]);
  }
  if (handle === undefined) throw error("ERR_CRYPTO_INVALID_JWK", "Invalid JWK data");
  return new KeyObject(isPrivate ? "private" : "public", handle, family);
}

function parsed(given, isPublic) {
  if (isKeyObject(given)) return given;
  if (isCryptoKey(given)) return KeyObject.from(given);
  const options = typeof given === "object" && given !== null && !ArrayBuffer.isView(given) && !(given instanceof ArrayBuffer) ? given : { key: given };
  const { key, format = "pem" } = options;
  if (isKeyObject(key)) return key;
  if (isCryptoKey(key)) return KeyObject.from(key);
  if (format === "jwk") return ofJwk(key);
  requireOneOf(format, "options.format", ["pem", "der", "jwk"]);
  if (key === undefined || key === null || (typeof key !== "string" && !ArrayBuffer.isView(key) && !(key instanceof ArrayBuffer))) {
    throw invalidType("key", "of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey", given);
  }
  const bytes = bufferOf(sourceOf(key, "key", options.encoding));
  const passphrase = passphraseOf(options);
  if (format === "der") return ofDer(bytes, options.type, isPublic, passphrase);
  const pem = ofPem(bytes.toString("latin1"));
  if (pem === undefined) throw malformed();
  return ofLabel(pem.label, openedPem(pem, passphrase), passphrase);
}

export function privateKeyOf(given) {
  const key = parsed(given, false);
  if (key.type !== "private") {
    if (isKeyObject(given) || isKeyObject(given?.key)) throw typeError("ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${key.type}, expected private.`);
    throw malformed();
  }
  return key;
}

/** A public key, also where a private one is given. */
export function publicKeyOf(given) {
  const key = parsed(given, true);
  if (key.type === "secret") throw typeError("ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", "Invalid key object type secret, expected private or public.");
  return key;
}

export function createSecretKey(key, encoding = undefined) {
  return new KeyObject("secret", sourceOf(key, "key", encoding).slice());
}

export function createPrivateKey(given) {
  if (isKeyObject(given)) throw invalidType("key", "of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, or Object", given);
  return privateKeyOf(given);
}

export function createPublicKey(given) {
  if (isKeyObject(given) && given.type !== "private") throw typeError("ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${given.type}, expected private.`);
  const key = publicKeyOf(given);
  if (key.type === "public") return key;
  const { handle, family, allowed } = innerOf(key);
  if (family === "DH") return new KeyObject("public", publicDh(handle), family);
  const half = native.keyImport(family === "RSA-PSS" ? "RSA" : family, "spki", native.keyExport(handle, "spki"));
  return new KeyObject("public", half, family, allowed);
}
