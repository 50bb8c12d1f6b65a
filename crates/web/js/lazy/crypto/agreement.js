// What ECDH and X25519 have in common: a secret out of one's own private key and another's public one.
import { DOMException } from "../../dom-exception.js";
import { lengthOf } from "./bytes.js";
import { isCryptoKey, requireType, slotsOf } from "./key.js";
import { required } from "./parameters.js";
import { native } from "../../native.js";

/** The dictionary EcdhKeyDeriveParams. */
export function publicParameters(name) {
  return (object) => {
    const other = required(object.public, `${name}: the public key`);
    if (!isCryptoKey(other)) throw new TypeError(`${name}: the public key is not a CryptoKey.`);
    return { __proto__: null, other };
  };
}

/** The first `length` bits of the secret; all of it if the length is null. */
export function deriveBits(name, { other }, key, length) {
  const what = `${name}.deriveBits`;
  requireType(key, "private", what);
  requireType(other, "public", what);
  const own = slotsOf(key);
  const others = slotsOf(other);
  if (others.algorithm.name !== own.algorithm.name || others.algorithm.namedCurve !== own.algorithm.namedCurve) {
    throw new DOMException(`${what}: the two keys are not of the same algorithm and curve.`, "InvalidAccessError");
  }
  const secret = native.keyAgree(own.secret, others.secret);
  if (secret === undefined) throw new DOMException(`${what}: with this public key everybody could know the secret.`, "OperationError");
  return firstBits(secret, length, what);
}

function firstBits(secret, length, what) {
  const bits = lengthOf(secret) * 8;
  if (length === null || length === bits) return native.copyToBuffer(secret);
  if (length > bits) throw new DOMException(`${what}: ${length} bits were asked for, and the secret has ${bits}.`, "OperationError");
  const bytes = Math.ceil(length / 8);
  const first = new Bytes(bytes);
  for (let i = 0; i < bytes; i++) first[i] = secret[i];
  if (length % 8 !== 0) first[bytes - 1] &= 0xff << (8 - (length % 8));
  return native.copyToBuffer(first);
}

const Bytes = Uint8Array;
