// Pairs of keys: made, and agreed on.
import { native } from "../../native.js";
import { bufferOf } from "./crypto-bytes.js";
import { dhPair, dhSecret, fitTogether } from "./crypto-dh-keys.js";
import { agreementFor } from "./crypto-diffie-hellman.js";
import { KeyObject, createPublicKey, createSecretKey, familyOfCurve, innerOf } from "./crypto-keys.js";
import { hashNamed } from "./crypto-hash.js";
import { pssHash } from "./crypto-pss.js";
import { error, invalidValue, notImplemented, typeError } from "./errors.js";
import { requireFunction, requireInteger, requireObject, requireOneOf, requireString } from "./validate.js";
import { isKeyObject } from "../util/types.js";

const AGREEING = ["dh", "ec", "x25519"];
const KINDS = ["rsa", "rsa-pss", "ec", "ed25519", "x25519", "dsa", "dh", "ed448", "x448"];

function make(type, options = {}) {
  requireOneOf(type, "type", KINDS);
  if (type === "rsa") {
    requireObject(options, "options");
    return { family: "RSA", pair: rsaPair(options) };
  }
  if (type === "rsa-pss") {
    requireObject(options, "options");
    const allowed = allowedOf(options);
    return { family: "RSA-PSS", allowed, pair: rsaPair(options) };
  }
  if (type === "dh") {
    requireObject(options, "options");
    return { family: "DH", pair: dhPair(agreementFor(options)) };
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

function rsaPair({ modulusLength, publicExponent = 65537 }) {
  requireInteger(modulusLength, "options.modulusLength", 0, 4294967295);
  requireInteger(publicExponent, "options.publicExponent", 0, 4294967295);
  const exponent = Uint8Array.from([publicExponent >>> 24, (publicExponent >>> 16) & 255, (publicExponent >>> 8) & 255, publicExponent & 255]);
  return native.keyGenerate("RSA", modulusLength, exponent);
}

// What a key for PSS is to allow; undefined is all.
function allowedOf({ hashAlgorithm, mgf1HashAlgorithm, saltLength }) {
  if (saltLength !== undefined) requireInteger(saltLength, "options.saltLength", 0, 2147483647);
  if (hashAlgorithm !== undefined) requireString(hashAlgorithm, "options.hashAlgorithm");
  if (mgf1HashAlgorithm !== undefined) requireString(mgf1HashAlgorithm, "options.mgf1HashAlgorithm");
  if (hashAlgorithm === undefined && mgf1HashAlgorithm === undefined && saltLength === undefined) return undefined;
  const hash = allowedHash(hashAlgorithm ?? "sha1", "digest");
  const mask = allowedHash(mgf1HashAlgorithm ?? hashAlgorithm ?? "sha1", "MGF1 digest");
  return { hash, mask, saltLength: saltLength ?? hashNamed(hash.name).length };
}

function allowedHash(name, what) {
  const found = hashNamed(name);
  if (found === undefined) throw typeError("ERR_CRYPTO_INVALID_DIGEST", `Invalid ${what}: ${name}`);
  const hash = pssHash(found.native.replace("-", "").toLowerCase());
  if (hash === undefined) throw notImplemented("crypto", `a key for signatures with ${name}`);
  return hash;
}

export function generateKeyPairSync(type, options = {}) {
  requireString(type, "type");
  const { family, pair, allowed } = make(type, options);
  if (pair === undefined) throw error("ERR_CRYPTO_OPERATION_FAILED", "Key generation failed: such a key cannot be made");
  const [privateKey, publicKey] = [new KeyObject("private", pair[0], family, allowed), new KeyObject("public", pair[1], family, allowed)];
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
  if (!isKeyObject(privateKey)) throw invalidValue("options.privateKey", privateKey);
  if (!isKeyObject(publicKey)) throw invalidValue("options.publicKey", publicKey);
  if (privateKey.type !== "private") throw wrongType(privateKey, "private");
  if (publicKey.type === "secret") throw wrongType(publicKey, "private or public");
  const [one, two] = [privateKey.asymmetricKeyType, publicKey.asymmetricKeyType];
  if (one !== two || !AGREEING.includes(one)) throw error("ERR_CRYPTO_INCOMPATIBLE_KEY", `Incompatible key types for Diffie-Hellman: ${one} and ${two}`);
  const [own, other] = [innerOf(privateKey), innerOf(publicKey.type === "public" ? publicKey : createPublicKey(publicKey))];
  const fits = own.family === other.family && (one !== "dh" || fitTogether(own.handle, other.handle));
  if (!fits) throw error("ERR_OSSL_MISMATCHING_DOMAIN_PARAMETERS", "error:1C8000CB:Provider routines::mismatching domain parameters", { library: "Provider routines", reason: "mismatching domain parameters" });
  const secret = one === "dh" ? dhSecret(own.handle, other.handle) : native.keyAgree(own.handle, other.handle);
  if (secret === undefined) throw error("ERR_CRYPTO_OPERATION_FAILED", "Deriving bits failed");
  return bufferOf(secret);
}

const wrongType = (key, wanted) => typeError("ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${key.type}, expected ${wanted}.`);
