// JSON Web Keys (RFC 7517), as Web Cryptography reads and writes them.
import { DOMString, sequence } from "../webidl.js";
import { DOMException } from "../dom-exception.js";
import { holds } from "./key.js";
import { native } from "../native.js";

const STRINGS = ["alg", "crv", "d", "dp", "dq", "e", "k", "kty", "n", "p", "q", "qi", "use", "x", "y"];

/** The dictionary JsonWebKey: each member of a known name is read once and converted. */
export function toJsonWebKey(object) {
  const jwk = { __proto__: null };
  for (let i = 0; i < STRINGS.length; i++) {
    const value = object[STRINGS[i]];
    if (value !== undefined) jwk[STRINGS[i]] = DOMString(value);
  }
  const { ext, key_ops } = object;
  if (ext !== undefined) jwk.ext = Boolean(ext);
  if (key_ops !== undefined) jwk.key_ops = sequence(key_ops, DOMString, "JsonWebKey: key_ops");
  return jwk;
}

/** The bytes of a symmetric key. */
export function jwkSecret(jwk, what) {
  if (jwk.kty !== "oct") throw new DOMException(`${what}: the JSON Web Key is of the type '${jwk.kty}', not 'oct'.`, "DataError");
  return base64UrlDecode(jwk.k, `${what}: the member 'k' of the JSON Web Key`);
}

/** Throws unless the key's own `use`, `key_ops` and `ext` allow what it is imported for. */
export function checkJwkUse(jwk, use, extractable, usages, what) {
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) {
    throw new DOMException(`${what}: the JSON Web Key is for the use '${jwk.use}', not '${use}'.`, "DataError");
  }
  if (jwk.key_ops !== undefined) checkOperations(jwk.key_ops, usages, what);
  if (jwk.ext === false && extractable) {
    throw new DOMException(`${what}: the JSON Web Key says that it is not extractable.`, "DataError");
  }
}

function checkOperations(operations, usages, what) {
  for (let i = 0; i < operations.length; i++) {
    for (let k = 0; k < i; k++) {
      if (operations[k] === operations[i]) throw new DOMException(`${what}: the JSON Web Key has an operation twice in key_ops.`, "DataError");
    }
  }
  for (let i = 0; i < usages.length; i++) {
    if (!holds(operations, usages[i])) {
      throw new DOMException(`${what}: the JSON Web Key's key_ops do not allow '${usages[i]}'.`, "DataError");
    }
  }
}

export function base64UrlEncode(bytes) {
  return native.base64UrlEncode(bytes);
}

export function base64UrlDecode(string, what) {
  const bytes = string === undefined ? undefined : native.base64UrlDecode(string);
  if (bytes === undefined) throw new DOMException(`${what} is missing or is not base64url.`, "DataError");
  return bytes;
}
