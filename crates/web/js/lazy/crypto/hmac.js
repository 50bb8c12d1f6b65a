// HMAC (https://w3c.github.io/webcrypto/#hmac).
import { unsignedLong } from "../../webidl.js";
import { DOMException } from "../../dom-exception.js";
import { registerAlgorithm } from "./algorithms.js";
import { lengthOf } from "./bytes.js";
import { base64UrlEncode, checkJwkUse, jsonWebKeyOf, jwkSecret, requireMember } from "./jwk.js";
import { createKey, slotsOf } from "./key.js";
import { hashIdentifier, keyHash } from "./parameters.js";
import { SIGN, VERIFY, requireUsages } from "./usages.js";
import { native } from "../../native.js";

// Bits that the hash takes in at once: the length of a key that is not given one.
const BLOCK_BITS = { __proto__: null, "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024 };
const JWK_NAMES = { __proto__: null, "SHA-1": "HS1", "SHA-256": "HS256", "SHA-384": "HS384", "SHA-512": "HS512" };

registerAlgorithm("HMAC", {
  sign: { run: (_, key, data) => native.hmacSign(hashOf(key), slotsOf(key).secret, data) },
  verify: { run: (_, key, signature, data) => native.hmacVerify(hashOf(key), slotsOf(key).secret, signature, data) },
  generateKey: { parameters: keyParameters, run: generateKey },
  importKey: { parameters: keyParameters, run: importKey },
  exportKey: { run: exportKey },
  getKeyLength: { parameters: keyParameters, run: keyLength },
});

function keyParameters(object) {
  const hash = hashIdentifier(object.hash, "HMAC: the hash");
  const { length } = object;
  const bits = length === undefined ? undefined : unsignedLong(length, { mode: "enforce", what: "HMAC: the length" });
  return { __proto__: null, hash: keyHash(hash, "HMAC"), length: bits };
}

function generateKey(parameters, extractable, usages) {
  requireUsages(usages, SIGN | VERIFY, "HMAC.generateKey");
  const bits = parameters.length ?? BLOCK_BITS[parameters.hash];
  if (bits === 0) throw new DOMException("HMAC.generateKey: a key cannot have no bits.", "OperationError");
  if (bits > KEY_BITS_MAX) throw new DOMException(`HMAC.generateKey: a key of ${bits} bits is too long.`, "OperationError");
  const secret = new Bytes(bytesFor(bits));
  native.randomBytes(secret);
  return hmacKey(parameters.hash, bits, clearRest(secret, bits), extractable, usages);
}

function importKey({ hash, length }, format, data, extractable, usages) {
  requireUsages(usages, SIGN | VERIFY, "HMAC.importKey");
  const secret = secretFrom(format, data, hash, extractable, usages);
  const bits = lengthOf(secret) * 8;
  if (bits === 0) throw new DOMException("HMAC.importKey: the key is empty.", "DataError");
  if (length !== undefined && (length > bits || length <= bits - 8)) {
    throw new DOMException(`HMAC.importKey: the key has ${bits} bits, which does not fit the length ${length}.`, "DataError");
  }
  return hmacKey(hash, length ?? bits, clearRest(secret, length ?? bits), extractable, usages);
}

function secretFrom(format, data, hash, extractable, usages) {
  if (format === "raw") return data;
  if (format !== "jwk") throw new DOMException(`HMAC.importKey: the format '${format}' is not supported.`, "NotSupportedError");
  const secret = jwkSecret(data, "HMAC.importKey");
  if (data.alg !== undefined) requireMember(data, "alg", JWK_NAMES[hash], "HMAC.importKey");
  checkJwkUse(data, "sig", extractable, usages, "HMAC.importKey");
  return secret;
}

function exportKey(format, key) {
  const { algorithm, secret } = slotsOf(key);
  if (format === "raw") return native.copyToBuffer(secret);
  if (format !== "jwk") throw new DOMException(`HMAC.exportKey: the format '${format}' is not supported.`, "NotSupportedError");
  return jsonWebKeyOf({ __proto__: null, kty: "oct", k: base64UrlEncode(secret), alg: JWK_NAMES[algorithm.hash.name] }, slotsOf(key));
}

function keyLength({ hash, length }) {
  if (length === 0) throw new TypeError("HMAC: a key cannot have no bits.");
  return length ?? BLOCK_BITS[hash];
}

function hmacKey(hash, bits, secret, extractable, usages) {
  const algorithm = { __proto__: null, name: "HMAC", length: bits, hash: { __proto__: null, name: hash } };
  return createKey({ type: "secret", extractable, algorithm, usages, secret });
}

const hashOf = (key) => slotsOf(key).algorithm.hash.name;
const Bytes = Uint8Array;
const bytesFor = (bits) => Math.ceil(bits / 8);
const KEY_BITS_MAX = 1 << 20;

// A key may end in the middle of a byte.
function clearRest(secret, bits) {
  const last = bytesFor(bits) - 1;
  if (bits % 8 !== 0) secret[last] &= 0xff << (8 - (bits % 8));
  return secret;
}
