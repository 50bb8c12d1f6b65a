// What the algorithms with key pairs have in common: formats of keys, which of their usages belong to which half, and JSON
// Web Keys but for their own members.
//
// A kind of key is described by an object:
//   `what` names the algorithm in errors; `forPublic` and `forPrivate` are the usages of each half; `kty` and `use` are what
//   a JSON Web Key of it says; `family(parameters)` is what natives call it; `takesRaw` tells whether it has the format 'raw';
//   `fromJwk(jwk, parameters, what)` makes a key of a JSON Web Key, or undefined; `toJwk(key, slots)` gives its members;
//   `algorithm(parameters, key)` is what a CryptoKey shows as its algorithm.
import { DOMException } from "../../dom-exception.js";
import { checkJwkUse, jsonWebKeyOf, requireMember } from "./jwk.js";
import { createKey, requireType, slotsOf } from "./key.js";
import { requireUsages } from "./usages.js";
import { native } from "../../native.js";

export function importPairKey(kind, parameters, format, data, extractable, usages) {
  const what = `${kind.what}.importKey`;
  const isPrivate = format === "pkcs8" || (format === "jwk" && data.d !== undefined);
  const isKnown = format === "spki" || format === "pkcs8" || format === "jwk" || (format === "raw" && kind.takesRaw);
  if (!isKnown) throw new DOMException(`${what}: the format '${format}' is not supported.`, "NotSupportedError");
  requireUsages(usages, isPrivate ? kind.forPrivate : kind.forPublic, what);
  const secret = format === "jwk" ? keyOfJwk(kind, parameters, data, extractable, usages) : native.keyImport(kind.family(parameters), format, data);
  if (secret === undefined) throw new DOMException(`${what}: the data is no ${isPrivate ? "private" : "public"} key of this kind.`, "DataError");
  return createKey({ type: isPrivate ? "private" : "public", extractable, algorithm: kind.algorithm(parameters, secret), usages, secret });
}

function keyOfJwk(kind, parameters, jwk, extractable, usages) {
  const what = `${kind.what}.importKey`;
  requireMember(jwk, "kty", kind.kty, what);
  checkJwkUse(jwk, kind.use, extractable, usages, what);
  return kind.fromJwk(jwk, parameters, what);
}

/** `make` gives `[private, public]`, or undefined. */
export function generatePair(kind, parameters, extractable, usages, make) {
  const what = `${kind.what}.generateKey`;
  requireUsages(usages, kind.forPrivate | kind.forPublic, what);
  // Asked before, not after: keys may take a while to be made.
  if ((usages & kind.forPrivate) === 0) throw new DOMException(`${what}: a private key without any usage would be of no use.`, "SyntaxError");
  const pair = make();
  if (pair === undefined) throw new DOMException(`${what}: no such key could be made.`, "OperationError");
  const half = (type, mayLeave, allowed, secret) =>
    createKey({ type, extractable: mayLeave, algorithm: kind.algorithm(parameters, secret), usages: usages & allowed, secret });
  return {
    publicKey: half("public", true, kind.forPublic, pair[1]),
    privateKey: half("private", extractable, kind.forPrivate, pair[0]),
  };
}

export function exportPairKey(kind, format, key) {
  const what = `${kind.what}.exportKey`;
  const slots = slotsOf(key);
  if (format === "jwk") return jsonWebKeyOf(kind.toJwk(slots.secret, slots), slots);
  if (format === "raw" && !kind.takesRaw) throw new DOMException(`${what}: the format 'raw' is not supported.`, "NotSupportedError");
  requireType(key, format === "pkcs8" ? "private" : "public", what);
  return native.copyToBuffer(given(native.keyExport(slots.secret, format), what));
}

/** What a native has given; nothing is an OperationError. */
export function given(result, what, why = "the key does not allow it") {
  if (result === undefined) throw new DOMException(`${what}: ${why}.`, "OperationError");
  return result;
}
