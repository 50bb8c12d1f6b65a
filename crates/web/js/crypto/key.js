// CryptoKey (https://w3c.github.io/webcrypto/#cryptokey-interface).
import { defineInterface, illegalConstructor } from "../webidl.js";
import { DOMException } from "../dom-exception.js";
import { registerCloneable } from "../structured-clone.js";

const MADE_HERE = {};

// The order in which `usages` lists them: that of the standard's enumeration.
const USAGES = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];

/** Is this a CryptoKey? */
export let isCryptoKey;
/** A key's own state: `{ type, extractable, algorithm, usages, secret }`. Nothing of it is ever handed out. */
export let slotsOf;

export class CryptoKey {
  #slots;
  // What the getters show, made when first asked for: objects of the tenant's, who may change them without
  // changing the key.
  #shownAlgorithm;
  #shownUsages;

  constructor(token, slots) {
    if (token !== MADE_HERE) illegalConstructor();
    this.#slots = slots;
  }

  get type() {
    return this.#slots.type;
  }

  get extractable() {
    return this.#slots.extractable;
  }

  get algorithm() {
    return (this.#shownAlgorithm ??= copyAlgorithm(this.#slots.algorithm));
  }

  get usages() {
    return (this.#shownUsages ??= [...this.#slots.usages]);
  }

  static {
    isCryptoKey = (value) => typeof value === "object" && value !== null && #slots in value;
    slotsOf = (key) => key.#slots;
  }
}
defineInterface(CryptoKey, "CryptoKey");
registerCloneable(isCryptoKey, (key) => new CryptoKey(MADE_HERE, slotsOf(key)));

/**
 * A new key. `algorithm` is an object of plain values and of objects of such; `secret` is whatever the algorithm's own
 * module keeps the key as.
 */
export function createKey({ type, extractable, algorithm, usages, secret }) {
  return new CryptoKey(MADE_HERE, { type, extractable, algorithm, usages: normalizeUsages(usages), secret });
}

/** A list of usages without repetitions, in the standard's order. */
export function normalizeUsages(usages) {
  const normalized = [];
  for (let i = 0; i < USAGES.length; i++) {
    if (holds(usages, USAGES[i])) normalized[normalized.length] = USAGES[i];
  }
  return normalized;
}

/** Throws unless each of `usages` is one of `allowed`. */
export function requireUsages(usages, allowed, what) {
  for (let i = 0; i < usages.length; i++) {
    if (!holds(allowed, usages[i])) throw new DOMException(`${what}: a key of this kind cannot be used for '${usages[i]}'.`, "SyntaxError");
  }
}

export function isKeyUsage(string) {
  return holds(USAGES, string);
}

/** Does a list of strings hold this one? Not `includes`, which a tenant may have patched. */
export function holds(list, string) {
  for (let i = 0; i < list.length; i++) {
    if (list[i] === string) return true;
  }
  return false;
}

function copyAlgorithm(algorithm) {
  const copy = {};
  for (const key in algorithm) {
    const value = algorithm[key];
    copy[key] = typeof value === "object" && value !== null ? copyAlgorithm(value) : value;
  }
  return copy;
}
