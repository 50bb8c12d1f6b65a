// How members of algorithm dictionaries are read. Each is read once; bytes are copied after all members have been read, so
// that a getter can change only what is not taken yet (as the standard has it).
import { DOMString, isObject, octet, unsignedLong, unsignedShort } from "../../webidl.js";
import { DOMException } from "../../dom-exception.js";
import { native } from "../../native.js";
import { hashName } from "./algorithms.js";

/** Throws a TypeError if a member that is required is not there. */
export function required(value, what) {
  if (value === undefined) throw new TypeError(`${what} is missing.`);
  return value;
}

/** A BufferSource, not copied yet. */
export function bufferSource(value, what) {
  if (native.isBufferSource(required(value, what))) return value;
  throw new TypeError(`${what} is not an ArrayBuffer or an ArrayBufferView.`);
}

export const enforcedOctet = (value, what) => octet(required(value, what), { mode: "enforce", what });
export const enforcedShort = (value, what) => unsignedShort(required(value, what), { mode: "enforce", what });
export const enforcedLong = (value, what) => unsignedLong(required(value, what), { mode: "enforce", what });

/** A HashAlgorithmIdentifier, as the member stands there: its name is asked for when all members have been read. */
export function hashIdentifier(value, what) {
  required(value, what);
  return isObject(value) ? value : DOMString(value);
}

/** The name of a hash that keys can be used with. */
export function keyHash(identifier, what) {
  const name = hashName(identifier);
  if (name === "MD5") throw new DOMException(`${what}: the hash 'MD5' is not supported.`, "NotSupportedError");
  return name;
}

/** The dictionary of most signatures and keys: nothing but a hash. */
export function hashParameters(what) {
  return ({ hash }) => ({ __proto__: null, hash: keyHash(hashIdentifier(hash, `${what}: the hash`), what) });
}
