// Pairs of keys: made, and agreed on.
import { native } from "../../native.js";
import { bufferOf } from "./crypto-bytes.js";
import { KeyObject, createSecretKey, familyOfCurve, innerOf, publicKeyOf } from "./crypto-keys.js";
import { error, invalidValue, notImplemented, typeError } from "./errors.js";
import { requireFunction, requireInteger, requireObject, requireOneOf, requireString } from "./validate.js";
import { isKeyObject } from "../util/types.js";

const KINDS = ["rsa", "rsa-pss", "ec", "ed25519", "x25519", "dsa", "dh", "ed448", "x448"];

function make(type, options = {}) {
  requireOneOf(type, "type", KINDS);
  if (type === "rsa") {
    requireObject(options, "options");
    const { modulusLength, publicExponent = 65537 } = options;
    requireInteger(modulusLength, "options.modulusLength", 0, 4294967295);
    const exponent = Uint8Array.from([publicExponent >>> 24, (publicExponent >>> 16) & 255, (publicExponent >>> 8) & 255, publicExponent & 255]);
    return { family: "RSA", pair: native.keyGenerate("RSA", modulusLength, exponent) };
  }
  if (type === "ec") {
    requireObject(options, "options");
    requireString(options.namedCurve, "options.namedCurve");
    const family = familyOfCurve(options.namedCurve);
    if (family === undefined) throw typeError("ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name");
    return { family, pair: native.keyGenerate(family) };
  }
  if (type === "ed25519" || type === "x25519") {
    const family = type === "ed25519" ? "Ed25519" : "X25519";
    return { family, pair: native.keyGenerate(family) };
  }
  throw notImplemented("crypto", `a pair of keys of type ${type}`);
}

export function generateKeyPairSync(type, options = {}) {
  requireString(type, "type");
  const { family, pair } = make(type, options);
  if (pair === undefined) throw error("ERR_CRYPTO_OPERATION_FAILED", "Key generation failed: such a key cannot be made");
  const [privateKey, publicKey] = [new KeyObject("private", pair[0], family), new KeyObject("public", pair[1], family)];
  const shown = (key, encoding) => (encoding === undefined ? key : key.export(encoding));
  return { publicKey: shown(publicKey, options?.publicKeyEncoding), privateKey: shown(privateKey, options?.privateKeyEncoding) };
}

export function generateKeyPair(type, options, callback) {
  const given = typeof options === "function" ? options : callback;
  requireFunction(given, "callback");
  const { publicKey, privateKey } = generateKeyPairSync(type, typeof options === "function" ? {} : options);
  queueMicrotask(() => given(null, publicKey, privateKey));
}

export function generateKeySync(type, options) {
  requireOneOf(type, "type", ["hmac", "aes"]);
  requireObject(options, "options");
  if (type === "aes") requireOneOf(options.length, "options.length", [128, 192, 256]);
  else requireInteger(options.length, "options.length", 8, 2 ** 20);
  const bytes = new Uint8Array(options.length >>> 3);
  native.randomBytes(bytes);
  return createSecretKey(bytes);
}

export function generateKey(type, options, callback) {
  requireFunction(callback, "callback");
  const key = generateKeySync(type, options);
  queueMicrotask(() => callback(undefined, key));
}

export function diffieHellman(options) {
  requireObject(options, "options");
  const { privateKey, publicKey } = options;
  if (!isKeyObject(privateKey) || privateKey.type !== "private") throw invalidValue("options.privateKey", privateKey);
  if (!isKeyObject(publicKey)) throw invalidValue("options.publicKey", publicKey);
  const [own, other] = [innerOf(privateKey), innerOf(publicKeyOf(publicKey))];
  const secret = own.family === other.family ? native.keyAgree(own.handle, other.handle) : undefined;
  if (secret === undefined) throw error("ERR_CRYPTO_INCOMPATIBLE_KEY", "Incompatible key types for Diffie-Hellman");
  return bufferOf(secret);
}
