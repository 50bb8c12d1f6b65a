// Web Cryptography (https://w3c.github.io/webcrypto/): the Crypto interface. What `subtle` can do is in lazy/crypto/.
import { defineInterface, illegalConstructor, requireArguments } from "./webidl.js";
import { DOMException } from "./dom-exception.js";
import * as lazy from "./lazy.js";
import { native } from "./native.js";

const MADE_HERE = {};
const RANDOM_BYTES_MAX = 65536;

export class Crypto {
  #subtle;

  constructor(token = undefined) {
    if (token !== MADE_HERE) illegalConstructor();
  }

  get subtle() {
    return (this.#subtle ??= lazy.load("lazy/crypto/subtle.js").subtle);
  }

  getRandomValues(array) {
    this.#subtle;
    requireArguments(arguments.length, 1, "Crypto.getRandomValues");
    if (!isView(array)) throw new TypeError("Crypto.getRandomValues: the argument is not an ArrayBufferView.");
    if (!isIntegerArray(array)) {
      throw new DOMException("Crypto.getRandomValues: the array is not one of integers.", "TypeMismatchError");
    }
    const length = byteLength(array);
    if (length > RANDOM_BYTES_MAX) {
      throw new DOMException(
        `Crypto.getRandomValues: ${length} bytes are more than the ${RANDOM_BYTES_MAX} that one call may ask for.`,
        "QuotaExceededError",
      );
    }
    native.randomBytes(array);
    return array;
  }

  randomUUID() {
    this.#subtle;
    return native.randomUuid();
  }
}
defineInterface(Crypto, "Crypto");
// Workers keep it here; it is no global.
lazy.defineLazily(Crypto.prototype, "DigestStream", () => lazy.load("lazy/crypto/digest-stream.js").DigestStream);

export const crypto = new Crypto(MADE_HERE);

const uncurry = (method) => Function.prototype.call.bind(method);
const isView = ArrayBuffer.isView;
const TypedArray = Object.getPrototypeOf(Uint8Array);
const typedArrayName = uncurry(Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get);
const byteLength = uncurry(Object.getOwnPropertyDescriptor(TypedArray.prototype, "byteLength").get);

function isIntegerArray(view) {
  switch (typedArrayName(view)) {
    case "Int8Array":
    case "Uint8Array":
    case "Uint8ClampedArray":
    case "Int16Array":
    case "Uint16Array":
    case "Int32Array":
    case "Uint32Array":
    case "BigInt64Array":
    case "BigUint64Array":
      return true;
    default:
      return false;
  }
}
