// CryptoKey (https://w3c.github.io/webcrypto/#cryptokey-interface).
import { defineInterface, illegalConstructor } from "../../webidl.js";
import { DOMException } from "../../dom-exception.js";
import { showFields } from "../../platform-values.js";
import { registerCloneable } from "../../registered.js";
import { native } from "../../native.js";
import { usageNames } from "./usages.js";

const MADE_HERE = {};

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

  constructor(token = undefined, slots = undefined) {
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
    return (this.#shownUsages ??= usageNames(this.#slots.usages));
  }

  static {
    isCryptoKey = (value) => typeof value === "object" && value !== null && #slots in value;
    slotsOf = (key) => key.#slots;
  }
}
defineInterface(CryptoKey, "CryptoKey");
registerCloneable(isCryptoKey, (key) => new CryptoKey(MADE_HERE, slotsOf(key)));
showFields(isCryptoKey, CryptoKey, ["type", "extractable", "algorithm", "usages"]);

/**
 * A new key. `algorithm` is an object without a prototype, of plain values and such objects; `usages` are bits (usages.js);
 * `secret` is what the algorithm's own module keeps the key as: bytes, or what natives know a key of a pair by.
 */
export function createKey(slots) {
  return new CryptoKey(MADE_HERE, { __proto__: null, ...slots });
}

/** Throws unless the key is of this type. */
export function requireType(key, type, what) {
  const slots = slotsOf(key);
  if (slots.type !== type) throw new DOMException(`${what}: this needs a ${type} key, and the key is a ${slots.type} one.`, "InvalidAccessError");
}

// Spreading defines properties: no setter of Object.prototype sees them.
function copyAlgorithm(algorithm) {
  const copy = { ...algorithm };
  if (algorithm.hash !== undefined) copy.hash = { ...algorithm.hash };
  if (algorithm.publicExponent !== undefined) copy.publicExponent = native.copyOf(algorithm.publicExponent);
  return copy;
}
