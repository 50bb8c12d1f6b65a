// What a key may be used for (https://w3c.github.io/webcrypto/#dfn-KeyUsage), as a set of bits: an array could be reached,
// and changed, through a setter that a tenant has put on Array.prototype.
import { sequence } from "../../webidl.js";
import { DOMException } from "../../dom-exception.js";

export const ENCRYPT = 1;
export const DECRYPT = 2;
export const SIGN = 4;
export const VERIFY = 8;
export const DERIVE_KEY = 16;
export const DERIVE_BITS = 32;
export const WRAP_KEY = 64;
export const UNWRAP_KEY = 128;
export const DERIVE = DERIVE_KEY | DERIVE_BITS;

// In the standard's order, in which a key lists them.
const NAMES = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];

/** The bit of a usage; 0 if there is no such usage. */
export function usageOf(name) {
  for (let i = 0; i < NAMES.length; i++) {
    if (NAMES[i] === name) return 1 << i;
  }
  return 0;
}

/** A sequence<KeyUsage>. */
export function toUsages(value, what) {
  let usages = 0;
  const add = (one) => {
    const name = `${one}`;
    const usage = usageOf(name);
    if (usage === 0) throw new TypeError(`${what}: '${name}' is not a key usage.`);
    usages |= usage;
  };
  sequence(value, add, `${what}: the key usages`);
  return usages;
}

/** A new list of the names of usages. */
export function usageNames(usages) {
  const names = [];
  for (let i = 0; i < NAMES.length; i++) {
    if ((usages & (1 << i)) !== 0) names[names.length] = NAMES[i];
  }
  return names;
}

/** Throws unless all of `usages` are among `allowed`. */
export function requireUsages(usages, allowed, what) {
  const wrong = usages & ~allowed;
  if (wrong === 0) return;
  throw new DOMException(`${what}: a key of this kind cannot be used for '${firstName(wrong)}'.`, "SyntaxError");
}

export function firstName(usages) {
  for (let i = 0; i < NAMES.length; i++) {
    if ((usages & (1 << i)) !== 0) return NAMES[i];
  }
  return "";
}
