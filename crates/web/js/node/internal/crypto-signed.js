// What certificates and their like are signed with.
import { children } from "./der.js";
import { notImplemented } from "./errors.js";
import { innerOf } from "./crypto-keys.js";
import { isPss, pssAllowed } from "./crypto-pss.js";
import { verify, verifyPss } from "./crypto-sign.js";

const BIT_STRING = 0x03;
// Hashes by the names of signatures; those of Ed25519 need none.
const SIGNATURES = {
  __proto__: null,
  "1.2.840.113549.1.1.5": ["rsa", "sha1"],
  "1.2.840.113549.1.1.11": ["rsa", "sha256"],
  "1.2.840.113549.1.1.12": ["rsa", "sha384"],
  "1.2.840.113549.1.1.13": ["rsa", "sha512"],
  "1.2.840.10045.4.1": ["ec", "sha1"],
  "1.2.840.10045.4.3.2": ["ec", "sha256"],
  "1.2.840.10045.4.3.3": ["ec", "sha384"],
  "1.2.840.10045.4.3.4": ["ec", "sha512"],
  "1.3.101.112": ["ed25519", null],
};

// No identifier that anybody uses is longer.
const OID_BYTES_MAX = 64;

/** An object identifier as people write it. */
export function nameOfOid(bytes) {
  if (bytes.length > OID_BYTES_MAX) return "";
  const numbers = [];
  let number = 0n;
  for (const byte of bytes) {
    number = (number << 7n) | BigInt(byte & 127);
    if (byte >= 128) continue;
    if (numbers.length > 0) numbers.push(number);
    else if (number < 80n) numbers.push(number / 40n, number % 40n);
    else numbers.push(2n, number - 80n);
    number = 0n;
  }
  return numbers.join(".");
}

/** Whether a key has signed this: the parts are what is signed, the algorithm, and the signature. */
export function isSignedBy([body, algorithm, signature], key) {
  if (isPss(algorithm)) return isSignedByPss([body, algorithm, signature], key);
  const name = nameOfOid(children(algorithm.content)[0].content);
  const found = SIGNATURES[name];
  if (found === undefined) throw notImplemented("crypto", `a signature by ${name}`);
  const [type, hash] = found;
  if (signature.tag !== BIT_STRING || key.asymmetricKeyType !== type) return false;
  return verify(hash, body.whole, key, signature.content.subarray(1));
}

// The algorithm says hash, mask and salt; a key for PSS has to allow them.
function isSignedByPss([body, algorithm, signature], key) {
  const used = pssAllowed(algorithm);
  const { family, handle, allowed } = innerOf(key);
  if (signature.tag !== BIT_STRING || used === undefined || (family !== "RSA" && family !== "RSA-PSS")) return false;
  if (allowed !== undefined && (allowed.hash !== used.hash || allowed.mask !== used.mask || used.saltLength < allowed.saltLength)) return false;
  return verifyPss(handle, used, body.whole, signature.content.subarray(1));
}
