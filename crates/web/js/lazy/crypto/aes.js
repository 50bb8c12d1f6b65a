// AES in the modes GCM, CBC and CTR, and AES key wrap (https://w3c.github.io/webcrypto/#aes-gcm and around it).
import { DOMException } from "../../dom-exception.js";
import { registerAlgorithm } from "./algorithms.js";
import { lengthOf } from "./bytes.js";
import { base64UrlEncode, checkJwkUse, jsonWebKeyOf, jwkSecret, requireMember } from "./jwk.js";
import { createKey, slotsOf } from "./key.js";
import { bufferSource, enforcedOctet, enforcedShort } from "./parameters.js";
import { DECRYPT, ENCRYPT, UNWRAP_KEY, WRAP_KEY, requireUsages } from "./usages.js";
import { native } from "../../native.js";

const BLOCK_BYTES = 16;

registerAes("AES-GCM", "GCM", ENCRYPT | DECRYPT | WRAP_KEY | UNWRAP_KEY, {
  encrypt: { parameters: gcmParameters, run: (parameters, key, data) => gcm(parameters, key, data, true) },
  decrypt: { parameters: gcmParameters, run: (parameters, key, data) => gcm(parameters, key, data, false) },
});

registerAes("AES-CBC", "CBC", ENCRYPT | DECRYPT | WRAP_KEY | UNWRAP_KEY, {
  encrypt: { parameters: cbcParameters, run: (parameters, key, data) => cbc(parameters, key, data, true) },
  decrypt: { parameters: cbcParameters, run: (parameters, key, data) => cbc(parameters, key, data, false) },
});

registerAes("AES-CTR", "CTR", ENCRYPT | DECRYPT | WRAP_KEY | UNWRAP_KEY, {
  encrypt: { parameters: ctrParameters, run: ctr },
  decrypt: { parameters: ctrParameters, run: ctr },
});

registerAes("AES-KW", "KW", WRAP_KEY | UNWRAP_KEY, {
  wrapKey: {
    run: (_, key, data) => given(native.aesWrap(slotsOf(key).secret, data), "AES-KW: the length of what is wrapped is no multiple of 8 bytes, or is too small."),
  },
  unwrapKey: {
    run: (_, key, data) => given(native.aesUnwrap(slotsOf(key).secret, data), "AES-KW: this was not wrapped with this key."),
  },
});

function registerAes(name, jwkMode, usages, operations) {
  registerAlgorithm(name, {
    ...operations,
    generateKey: { parameters: lengthParameters, run: (parameters, extractable, wanted) => generateKey(name, usages, parameters, extractable, wanted) },
    importKey: { run: (_, format, data, extractable, wanted) => importKey({ name, jwkMode, usages }, format, data, extractable, wanted) },
    exportKey: { run: (format, key) => exportKey({ name, jwkMode }, format, key) },
    getKeyLength: { parameters: lengthParameters, run: (parameters) => requireLength(name, parameters.length) },
  });
}

function lengthParameters({ length }) {
  return { __proto__: null, length: enforcedShort(length, "AES: the length") };
}

function requireLength(name, length) {
  if (length === 128 || length === 192 || length === 256) return length;
  throw new DOMException(`${name}: a key has 128, 192 or 256 bits, not ${length}.`, "OperationError");
}

function generateKey(name, allowed, { length }, extractable, usages) {
  requireUsages(usages, allowed, `${name}.generateKey`);
  requireLength(name, length);
  const secret = new Bytes(length / 8);
  native.randomBytes(secret);
  return aesKey(name, secret, extractable, usages);
}

function importKey({ name, jwkMode, usages: allowed }, format, data, extractable, usages) {
  const what = `${name}.importKey`;
  requireUsages(usages, allowed, what);
  const secret = secretFrom(format, data, what);
  const bits = lengthOf(secret) * 8;
  if (bits !== 128 && bits !== 192 && bits !== 256) {
    throw new DOMException(`${what}: a key has 128, 192 or 256 bits, not ${bits}.`, "DataError");
  }
  if (format === "jwk") {
    if (data.alg !== undefined) requireMember(data, "alg", `A${bits}${jwkMode}`, what);
    checkJwkUse(data, "enc", extractable, usages, what);
  }
  return aesKey(name, secret, extractable, usages);
}

function secretFrom(format, data, what) {
  if (format === "raw") return data;
  if (format === "jwk") return jwkSecret(data, what);
  throw new DOMException(`${what}: the format '${format}' is not supported.`, "NotSupportedError");
}

function exportKey({ name, jwkMode }, format, key) {
  const { algorithm, secret } = slotsOf(key);
  if (format === "raw") return native.copyToBuffer(secret);
  if (format !== "jwk") throw new DOMException(`${name}.exportKey: the format '${format}' is not supported.`, "NotSupportedError");
  return jsonWebKeyOf({ __proto__: null, kty: "oct", k: base64UrlEncode(secret), alg: `A${algorithm.length}${jwkMode}` }, slotsOf(key));
}

function aesKey(name, secret, extractable, usages) {
  const algorithm = { __proto__: null, name, length: lengthOf(secret) * 8 };
  return createKey({ type: "secret", extractable, algorithm, usages, secret });
}

function gcmParameters(object) {
  const { additionalData } = object;
  const additional = additionalData === undefined ? NOTHING : bufferSource(additionalData, "AES-GCM: the additionalData");
  const iv = bufferSource(object.iv, "AES-GCM: the iv");
  const { tagLength } = object;
  const tagBits = tagLength === undefined ? 128 : enforcedOctet(tagLength, "AES-GCM: the tagLength");
  return { __proto__: null, additional: native.copyOf(additional), iv: native.copyOf(iv), tagBits };
}

function gcm({ additional, iv, tagBits }, key, data, encrypts) {
  if (!isTagLength(tagBits)) {
    throw new DOMException(`AES-GCM: a tag has 32, 64, 96, 104, 112, 120 or 128 bits, not ${tagBits}.`, "OperationError");
  }
  if (lengthOf(iv) === 0) throw new DOMException("AES-GCM: the iv is empty.", "OperationError");
  const result = native.aesGcm(encrypts, slotsOf(key).secret, data, iv, additional, tagBits);
  return given(result, "AES-GCM: the data is not what was encrypted with this key, iv and additionalData.");
}

function isTagLength(bits) {
  return bits === 32 || bits === 64 || (bits >= 96 && bits <= 128 && bits % 8 === 0);
}

function cbcParameters({ iv }) {
  return { __proto__: null, iv: native.copyOf(bufferSource(iv, "AES-CBC: the iv")) };
}

function cbc({ iv }, key, data, encrypts) {
  if (lengthOf(iv) !== BLOCK_BYTES) throw new DOMException(`AES-CBC: an iv has ${BLOCK_BYTES} bytes, not ${lengthOf(iv)}.`, "OperationError");
  return given(native.aesCbc(encrypts, slotsOf(key).secret, data, iv), "AES-CBC: the data could not be decrypted.");
}

function ctrParameters(object) {
  const counter = bufferSource(object.counter, "AES-CTR: the counter");
  const bits = enforcedOctet(object.length, "AES-CTR: the length");
  return { __proto__: null, counter: native.copyOf(counter), bits };
}

function ctr({ counter, bits }, key, data) {
  if (lengthOf(counter) !== BLOCK_BYTES) {
    throw new DOMException(`AES-CTR: a counter block has ${BLOCK_BYTES} bytes, not ${lengthOf(counter)}.`, "OperationError");
  }
  if (bits === 0 || bits > 128) throw new DOMException(`AES-CTR: the length of a counter is 1 to 128 bits, not ${bits}.`, "OperationError");
  return given(native.aesCtr(slotsOf(key).secret, data, counter, bits), `AES-CTR: the data has more blocks than a counter of ${bits} bits can count.`);
}

function given(result, otherwise) {
  if (result === undefined) throw new DOMException(otherwise, "OperationError");
  return result;
}

const Bytes = Uint8Array;
const NOTHING = new Uint8Array(0);
