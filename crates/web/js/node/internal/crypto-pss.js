// RSA keys that are for signatures with PSS alone (RFC 4055). Natives know them as any RSA key; what is theirs is the algorithm's
// name in front of them, and what they allow beside it.
import { Buffer } from "../buffer.js";
import { INTEGER, NULL, OID, SEQUENCE, children, element, integer, malformed, read } from "./der.js";

const PSS_OID = "2a864886f70d01010a";
const MGF1_OID = "2a864886f70d010108";
const RSA_OID = "2a864886f70d010101";
// Hashes by their identifiers, with the names that Node has for them, natives', and the lengths of their digests.
const HASHES = {
  __proto__: null,
  "2b0e03021a": { name: "sha1", native: "SHA-1" },
  "608648016503040201": { name: "sha256", native: "SHA-256" },
  "608648016503040202": { name: "sha384", native: "SHA-384" },
  "608648016503040203": { name: "sha512", native: "SHA-512" },
};
const SHA_1 = HASHES["2b0e03021a"];
const SALT_BYTES = 20;
const SALT_BYTES_MAX = 2147483647;

const hexOf = (bytes) => Buffer.from(bytes).toString("hex");
const oid = (hex) => element(OID, Buffer.from(hex, "hex"));
const rsaAlgorithm = () => element(SEQUENCE, oid(RSA_OID), element(NULL));

/** Whether an AlgorithmIdentifier names keys of this kind. */
export const isPss = (algorithm) => hexOf(children(algorithm.content)[0]?.content ?? []) === PSS_OID;

/** `{ hash, mask, saltLength }`, or undefined if all is allowed. Hashes are `{ name, native }`. */
export function pssAllowed(algorithm) {
  const parameters = children(algorithm.content)[1];
  if (parameters === undefined) return undefined;
  const allowed = { hash: SHA_1, mask: SHA_1, saltLength: SALT_BYTES };
  for (const { tag, content } of children(parameters.content)) {
    const inner = read(content);
    if (tag === 0xa0) allowed.hash = hashOf(inner);
    else if (tag === 0xa1) allowed.mask = maskOf(inner);
    else if (tag === 0xa2) allowed.saltLength = lengthOf(inner);
  }
  return allowed;
}

function hashOf(algorithm) {
  const found = HASHES[hexOf(children(algorithm.content)[0].content)];
  if (found === undefined) throw malformed();
  return found;
}

function maskOf(algorithm) {
  const [name, hash] = children(algorithm.content);
  if (hexOf(name.content) !== MGF1_OID || hash === undefined) throw malformed();
  return hashOf(hash);
}

function lengthOf({ tag, content }) {
  const length = Number(BigInt(`0x${hexOf(content) || "0"}`));
  if (tag !== INTEGER || length > SALT_BYTES_MAX) throw malformed();
  return length;
}

/** The same in DER: what differs from the defaults. */
function algorithmOf(allowed) {
  if (allowed === undefined) return element(SEQUENCE, oid(PSS_OID));
  const { hash, mask, saltLength } = allowed;
  const named = ({ name }) => {
    const hex = Object.keys(HASHES).find((one) => HASHES[one].name === name);
    return element(SEQUENCE, oid(hex), element(NULL));
  };
  const salt = Buffer.alloc(4);
  salt.writeUInt32BE(saltLength);
  const parts = [
    ...(hash === SHA_1 ? [] : [element(0xa0, named(hash))]),
    ...(mask === SHA_1 ? [] : [element(0xa1, element(SEQUENCE, oid(MGF1_OID), named(mask)))]),
    ...(saltLength === SALT_BYTES ? [] : [element(0xa2, integer(salt))]),
  ];
  return element(SEQUENCE, oid(PSS_OID), element(SEQUENCE, ...parts));
}

/** A SubjectPublicKeyInfo or PKCS#8 as natives read it: the algorithm's name is that of any RSA key. */
export function asRsa(bytes) {
  return element(SEQUENCE, ...children(read(bytes).content).map(({ tag, whole }) => (tag === SEQUENCE ? rsaAlgorithm() : Buffer.from(whole))));
}

/** The reverse. */
export function asPss(bytes, allowed) {
  return element(SEQUENCE, ...children(read(bytes).content).map(({ tag, whole }) => (tag === SEQUENCE ? algorithmOf(allowed) : Buffer.from(whole))));
}

/** A hash by Node's name of it, if there is one for PSS. */
export const pssHash = (name) => Object.values(HASHES).find((hash) => hash.name === name);
