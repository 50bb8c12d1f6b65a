// JSON Web Keys (RFC 7517), as Web Cryptography reads and writes them.
import { DOMString, sequence } from "../../webidl.js";
import { DOMException } from "../../dom-exception.js";
import { native } from "../../native.js";
import { firstName, usageNames, usageOf } from "./usages.js";

const { isArray } = Array;
const { parse, stringify } = JSON;
const { setPrototypeOf } = Object;

const STRINGS = ["alg", "crv", "d", "dp", "dq", "e", "k", "kty", "n", "p", "q", "qi", "use", "x", "y"];

/** The dictionary JsonWebKey: each member of a known name is read once and converted. */
export function toJsonWebKey(object) {
  const jwk = readStrings(object);
  const { ext, key_ops, oth } = object;
  if (ext !== undefined) jwk.ext = Boolean(ext);
  if (key_ops !== undefined) jwk.operations = operationsOf(sequence(key_ops, DOMString, "JsonWebKey: key_ops"));
  if (oth !== undefined) jwk.hasOthers = true;
  return jwk;
}

/** A JsonWebKey from its JSON, as if it had been read where nobody has touched a prototype. */
export function parseJsonWebKey(text, what) {
  const object = parsed(text, what);
  if (typeof object !== "object" || object === null) throw new DOMException(`${what}: the unwrapped key is no JSON object.`, "DataError");
  setPrototypeOf(object, null);
  const jwk = readStrings(object);
  const { ext, key_ops, oth } = object;
  if (ext !== undefined) jwk.ext = Boolean(ext);
  if (key_ops !== undefined) {
    if (!isArray(key_ops)) throw new DOMException(`${what}: the key_ops of the unwrapped key are no list.`, "DataError");
    jwk.operations = operationsOf(key_ops);
  }
  if (oth !== undefined) jwk.hasOthers = true;
  if (jwk.kty === undefined) throw new DOMException(`${what}: the unwrapped JSON has no kty.`, "DataError");
  return jwk;
}

function parsed(text, what) {
  try {
    return parse(text);
  } catch {
    throw new DOMException(`${what}: the unwrapped key is not JSON.`, "DataError");
  }
}

function readStrings(object) {
  const jwk = { __proto__: null };
  for (let i = 0; i < STRINGS.length; i++) {
    const value = object[STRINGS[i]];
    if (value !== undefined) jwk[STRINGS[i]] = DOMString(value);
  }
  return jwk;
}

// The usages among key_ops, and whether one stands there twice. Others may stand there, too.
function operationsOf(list) {
  const operations = { __proto__: null, usages: 0, repeated: false };
  const seen = { __proto__: null };
  for (let i = 0; i < list.length; i++) {
    const name = DOMString(list[i]);
    if (seen[name]) operations.repeated = true;
    seen[name] = true;
    operations.usages |= usageOf(name);
  }
  return operations;
}

/** The JSON of a key that is about to be wrapped. */
export function stringifyJsonWebKey(jwk) {
  // Without prototypes there is no `toJSON` of a tenant's that would see it.
  setPrototypeOf(jwk.key_ops, null);
  return stringify(jwk);
}

/** A JsonWebKey of `members`, an object without a prototype, as it is exported. */
export function jsonWebKeyOf(members, { usages, extractable }) {
  return { __proto__: null, ...members, key_ops: usageNames(usages), ext: extractable };
}

/** The bytes of a symmetric key. */
export function jwkSecret(jwk, what) {
  requireMember(jwk, "kty", "oct", what);
  return jwkBytes(jwk, "k", what);
}

/** Throws unless the member has this value. */
export function requireMember(jwk, name, value, what) {
  if (jwk[name] === value) return;
  throw new DOMException(`${what}: the JSON Web Key's ${name} is '${jwk[name]}', not '${value}'.`, "DataError");
}

/** Throws unless the key's own `use`, `key_ops` and `ext` allow what it is imported for. */
export function checkJwkUse(jwk, use, extractable, usages, what) {
  if (usages !== 0 && jwk.use !== undefined) requireMember(jwk, "use", use, what);
  if (jwk.operations !== undefined) {
    if (jwk.operations.repeated) throw new DOMException(`${what}: the JSON Web Key has an operation twice in key_ops.`, "DataError");
    const lacking = usages & ~jwk.operations.usages;
    if (lacking !== 0) throw new DOMException(`${what}: the JSON Web Key's key_ops do not allow '${firstName(lacking)}'.`, "DataError");
  }
  if (jwk.ext === false && extractable) {
    throw new DOMException(`${what}: the JSON Web Key says that it is not extractable.`, "DataError");
  }
}

/** The bytes of a member. */
export function jwkBytes(jwk, name, what) {
  const string = jwk[name];
  const bytes = string === undefined ? undefined : native.base64UrlDecode(string);
  if (bytes === undefined) throw new DOMException(`${what}: the member '${name}' of the JSON Web Key is missing or is not base64url.`, "DataError");
  return bytes;
}

export function base64UrlEncode(bytes) {
  return native.base64UrlEncode(bytes);
}
