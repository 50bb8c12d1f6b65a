// Agreement on a curve, with keys as points.
import { native } from "../../native.js";
import { Buffer } from "../buffer.js";
import { bufferOf, encoded, sourceOf } from "./crypto-bytes.js";
import { familyOfCurve, privateOfScalar } from "./crypto-keys.js";
import { error, rangeError, typeError } from "./errors.js";
import { requireString } from "./validate.js";

const KEPT = new WeakMap();

function stateOf(ecdh) {
  const state = KEPT.get(ecdh);
  if (state === undefined) throw new TypeError("Illegal invocation");
  return state;
}

export function ECDH(curve) {
  if (!(this instanceof ECDH)) return new ECDH(curve);
  requireString(curve, "curve");
  KEPT.set(this, { family: familyNamed(curve), key: undefined, point: undefined });
}

function familyNamed(curve) {
  const family = familyOfCurve(curve);
  if (family === undefined) throw typeError("ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name");
  return family;
}

const failed = (what) => error("ERR_CRYPTO_OPERATION_FAILED", what);

// The point that bytes stand for, uncompressed.
function pointOf(family, bytes) {
  const key = native.keyImport(family, "raw", bytes);
  if (key === undefined) throw failed("Failed to convert Buffer to EC_POINT");
  return bufferOf(native.keyExport(key, "raw"));
}

function formatted(point, format) {
  if (!format || format === "uncompressed") return point;
  const parity = point[point.length - 1] & 1;
  if (format === "compressed") return Buffer.concat([Buffer.from([2 + parity]), point.subarray(1, 1 + (point.length - 1) / 2)]);
  if (format === "hybrid") return Buffer.concat([Buffer.from([6 + parity]), point.subarray(1)]);
  throw typeError("ERR_CRYPTO_ECDH_INVALID_FORMAT", `Invalid ECDH format: ${format}`);
}

// Node gives a number as few bytes as it has.
function trimmed(bytes) {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  return bufferOf(bytes).subarray(from);
}

Object.assign(ECDH.prototype, {
  generateKeys(encoding = undefined, format = undefined) {
    const state = stateOf(this);
    [state.key] = native.keyGenerate(state.family);
    state.point = bufferOf(native.keyExport(state.key, "raw"));
    return this.getPublicKey(encoding, format);
  },
  computeSecret(other, inputEncoding = undefined, outputEncoding = undefined) {
    const { family, key } = stateOf(this);
    const bytes = sourceOf(other, "otherPublicKey", inputEncoding);
    if (key === undefined) throw rangeError("ERR_CRYPTO_INVALID_KEYPAIR", "Invalid key pair");
    const point = native.keyImport(family, "raw", bytes);
    if (point === undefined) throw error("ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY", "Public key is not valid for specified curve");
    return encoded(native.keyAgree(key, point), outputEncoding);
  },
  getPrivateKey(encoding = undefined) {
    const { key } = stateOf(this);
    if (key === undefined) throw failed("Failed to get ECDH private key");
    return encoded(trimmed(native.keyParts(key)[2]), encoding);
  },
  getPublicKey(encoding = undefined, format = undefined) {
    const { point } = stateOf(this);
    // A wrong format is said first.
    if (point === undefined) {
      formatted(Buffer.alloc(3), format);
      throw failed("Failed to get ECDH public key");
    }
    return encoded(formatted(point, format), encoding);
  },
  setPrivateKey(key, encoding = undefined) {
    const state = stateOf(this);
    const handle = privateOfScalar(state.family, sourceOf(key, "key", encoding));
    if (handle === undefined) throw rangeError("ERR_CRYPTO_INVALID_KEYTYPE", "Private key is not valid for specified curve.");
    state.key = handle;
    state.point = bufferOf(native.keyExport(handle, "raw"));
  },
  setPublicKey(key, encoding = undefined) {
    const state = stateOf(this);
    state.point = pointOf(state.family, sourceOf(key, "key", encoding));
    // The pair is none any more.
    state.key = undefined;
  },
});

ECDH.convertKey = function convertKey(key, curve, inputEncoding = undefined, outputEncoding = undefined, format = undefined) {
  requireString(curve, "curve");
  const bytes = sourceOf(key, "key", inputEncoding);
  return encoded(formatted(pointOf(familyNamed(curve), bytes), format), outputEncoding);
};

export const createECDH = (curve) => new ECDH(curve);
