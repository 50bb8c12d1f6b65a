// Agreement after Diffie and Hellman, with numbers modulo a prime.
import { native } from "../../native.js";
import { Buffer } from "../buffer.js";
import { encoded, sourceOf } from "./crypto-bytes.js";
import { groupPrime, isGroupPrime } from "./crypto-groups.js";
import { bytesOfNumber, isPrime, numberOfBytes } from "./crypto-primes.js";
import { error, invalidType, rangeError, typeError } from "./errors.js";
import { requireInteger, requireString } from "./validate.js";

const INT32_MAX = 2147483647;
const BITS_MIN = 512;
const BITS_MAX = 8192;
// Node's names of what is wrong with a prime and its generator, and their numbers.
const NOT_PRIME = 1;
const NOT_SAFE_PRIME = 2;
const NOT_SUITABLE_GENERATOR = 8;
const TOO_SMALL = 0x80;
const SOURCE = "one of type number or string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView";

const isBytes = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);
const ossl = (code, number, library, reason) => error(`ERR_OSSL_${code}`, `error:${number}:${library}::${reason}`, { library, reason });
const tooSmall = () => ossl("DH_MODULUS_TOO_SMALL", "0280007E", "Diffie-Hellman routines", "modulus too small");
const tooLarge = () => ossl("DH_MODULUS_TOO_LARGE", "02800067", "Diffie-Hellman routines", "modulus too large");
const badGenerator = () => ossl("DH_BAD_GENERATOR", "02800065", "Diffie-Hellman routines", "bad generator");

const bitsOf = (number) => (number === 0n ? 0 : number.toString(2).length);

class Agreement {
  #prime;
  #generator;
  #publicKey;
  #privateKey;
  #verifyError;

  constructor(prime, generator) {
    if (bitsOf(prime) > BITS_MAX) throw tooLarge();
    this.#prime = prime;
    this.#generator = generator;
  }

  get verifyError() {
    return (this.#verifyError ??= faultsOf(this.#prime, this.#generator));
  }

  prime = () => bytesOfNumber(this.#prime);
  generator = () => bytesOfNumber(this.#generator);

  generateKeys() {
    const prime = this.#prime;
    if (bitsOf(prime) < BITS_MIN) throw tooSmall();
    if (prime % 2n === 0n) throw badGenerator();
    this.#privateKey ??= privateKeyFor(prime);
    this.#publicKey = numberOfBytes(native.numberPower(this.generator(), bytesOfNumber(this.#privateKey), this.prime()));
    return this.publicKey();
  }

  publicKey() {
    if (this.#publicKey === undefined) throw error("ERR_CRYPTO_INVALID_STATE", "No public key - did you forget to generate one?");
    return bytesOfNumber(this.#publicKey);
  }

  privateKey() {
    if (this.#privateKey === undefined) throw error("ERR_CRYPTO_INVALID_STATE", "No private key - did you forget to generate one?");
    return bytesOfNumber(this.#privateKey);
  }

  setPublicKey(bytes) {
    this.#publicKey = numberOf(bytes);
  }

  setPrivateKey(bytes) {
    this.#privateKey = numberOf(bytes);
  }

  secretWith(bytes) {
    const prime = this.#prime;
    const other = numberOf(bytes);
    if (other < 2n) throw rangeError("ERR_CRYPTO_INVALID_KEYLEN", "Supplied key is too small");
    if (other >= prime - 1n) throw rangeError("ERR_CRYPTO_INVALID_KEYLEN", "Supplied key is too large");
    const size = this.prime();
    const secret = prime % 2n === 0n || bitsOf(prime) < BITS_MIN || this.#privateKey === undefined ? undefined : native.numberPower(bytesOfNumber(other), bytesOfNumber(this.#privateKey), size);
    // Node, too, gives zeros where it cannot compute anything.
    return secret ?? Buffer.alloc(size.length);
  }
}

// No number that is longer than all of this platform's is looked at.
function numberOf(bytes) {
  if (bytes.length > BITS_MAX / 8) throw tooLarge();
  return numberOfBytes(bytes);
}

// Twice as long as what it takes to guess it has to be; a safe prime is assumed, as everywhere.
function privateKeyFor(prime) {
  const bits = bitsOf(prime);
  const strength = [
    [1536, 192],
    [2048, 225],
    [3072, 275],
    [4096, 325],
    [6144, 375],
    [BITS_MAX, 400],
  ].find(([upTo]) => bits <= upTo)[1];
  const bytes = Buffer.alloc(Math.ceil(strength / 8));
  native.randomBytes(bytes);
  const number = numberOfBytes(bytes) % (1n << BigInt(strength));
  return (number % (prime / 2n - 2n)) + 1n;
}

function faultsOf(prime, generator) {
  let faults = bitsOf(prime) < BITS_MIN ? TOO_SMALL : 0;
  if (generator <= 1n || generator >= prime - 1n) faults |= NOT_SUITABLE_GENERATOR;
  if (isGroupPrime(prime)) return faults;
  if (!isPrime(bytesOfNumber(prime))) return faults | NOT_PRIME;
  return isPrime(bytesOfNumber(prime >> 1n)) ? faults : faults | NOT_SAFE_PRIME;
}

const KEPT = new WeakMap();

function keep(object, agreement) {
  KEPT.set(object, agreement);
  Object.defineProperty(object, "verifyError", { __proto__: null, get: () => agreement.verifyError, enumerable: true, configurable: true });
}

function of(object) {
  const agreement = KEPT.get(object);
  if (agreement === undefined) throw new TypeError("Illegal invocation");
  return agreement;
}

export function DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding) {
  if (!(this instanceof DiffieHellman)) return new DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding);
  if (typeof sizeOrKey !== "number" && typeof sizeOrKey !== "string" && !isBytes(sizeOrKey)) throw invalidType("sizeOrKey", SOURCE, sizeOrKey);
  if (typeof sizeOrKey === "number") requireInteger(sizeOrKey, "sizeOrKey", -INT32_MAX - 1, INT32_MAX);
  if (keyEncoding && keyEncoding !== "buffer" && !Buffer.isEncoding(keyEncoding)) {
    genEncoding = generator;
    generator = keyEncoding;
    keyEncoding = undefined;
  }
  const by = generatorOf(generator, genEncoding);
  keep(this, typeof sizeOrKey === "number" ? withNewPrime(sizeOrKey, by) : withPrime(sourceOf(sizeOrKey, "sizeOrKey", keyEncoding || undefined), by));
}

function generatorOf(generator, encoding) {
  if (!generator) return 2n;
  if (typeof generator === "number") {
    requireInteger(generator, "generator", -INT32_MAX - 1, INT32_MAX);
    return BigInt(generator);
  }
  if (typeof generator !== "string" && !isBytes(generator)) throw invalidType("generator", SOURCE, generator);
  return numberOf(sourceOf(generator, "generator", encoding || undefined));
}

function withPrime(bytes, generator) {
  if (bytes.length === 0) throw ossl("BN_BITS_TOO_SMALL", "01800076", "bignum routines", "bits too small");
  if (generator < 2n) throw badGenerator();
  return new Agreement(numberOf(bytes), generator);
}

function withNewPrime(bits, generator) {
  if (bits < BITS_MIN) throw tooSmall();
  if (bits > BITS_MAX) throw tooLarge();
  if (generator < 2n) throw badGenerator();
  const kind = generator === 2n ? "safe for 2" : generator === 5n ? "safe for 5" : "safe";
  return new Agreement(numberOfBytes(native.numberPrime(bits, kind)), generator);
}

export function DiffieHellmanGroup(name) {
  if (!(this instanceof DiffieHellmanGroup)) return new DiffieHellmanGroup(name);
  if (typeof name !== "string") throw typeError("ERR_INVALID_ARG_TYPE", "Group name must be a string");
  keep(this, inGroup(name));
}

function inGroup(name) {
  const prime = groupPrime(name.toLowerCase());
  if (prime === undefined) throw error("ERR_CRYPTO_UNKNOWN_DH_GROUP", "Unknown DH group");
  return new Agreement(prime, 2n);
}

// --- For keys as objects -------------------------------------------------------------------------------------

/** An agreement with this prime and generator, which are bytes. */
export const agreementOf = (prime, generator) => new Agreement(numberOf(prime), numberOf(generator));

/** The agreement that the options of `generateKeyPair` ask for. */
export function agreementFor({ group, prime, primeLength, generator }) {
  const apart = (one, other) => typeError("ERR_INCOMPATIBLE_OPTION_PAIR", `Option "${one}" cannot be used in combination with option "${other}"`);
  if (group !== undefined && group !== null) {
    const other = Object.entries({ prime, primeLength, generator }).find(([, value]) => value !== undefined && value !== null);
    if (other !== undefined) throw apart("group", other[0]);
    requireString(group, "options.group");
    return inGroup(group);
  }
  const hasLength = primeLength !== undefined && primeLength !== null;
  if (prime === undefined || prime === null) {
    if (!hasLength) throw typeError("ERR_MISSING_OPTION", "At least one of the group, prime, or primeLength options is required");
    requireInteger(primeLength, "options.primeLength", 0, INT32_MAX);
  } else {
    if (hasLength) throw apart("prime", "primeLength");
    if (!ArrayBuffer.isView(prime)) throw invalidType("options.prime", "an instance of Buffer, TypedArray, or DataView", prime);
  }
  if (generator !== undefined && generator !== null) requireInteger(generator, "options.generator", 0, INT32_MAX);
  const by = BigInt(generator ?? 2);
  return hasLength ? withNewPrime(primeLength, by) : new Agreement(numberOf(sourceOf(prime, "options.prime")), by);
}

const methods = {
  generateKeys(encoding = undefined) {
    return encoded(of(this).generateKeys(), encoding);
  },
  computeSecret(key, inputEncoding = undefined, outputEncoding = undefined) {
    return encoded(of(this).secretWith(sourceOf(key, "key", inputEncoding)), outputEncoding);
  },
  getPrime(encoding = undefined) {
    return encoded(of(this).prime(), encoding);
  },
  getGenerator(encoding = undefined) {
    return encoded(of(this).generator(), encoding);
  },
  getPublicKey(encoding = undefined) {
    return encoded(of(this).publicKey(), encoding);
  },
  getPrivateKey(encoding = undefined) {
    return encoded(of(this).privateKey(), encoding);
  },
};
const setters = {
  setPublicKey(key, encoding = undefined) {
    of(this).setPublicKey(sourceOf(key, "key", encoding));
    return this;
  },
  setPrivateKey(key, encoding = undefined) {
    of(this).setPrivateKey(sourceOf(key, "key", encoding));
    return this;
  },
};
Object.assign(DiffieHellman.prototype, methods, setters);
Object.assign(DiffieHellmanGroup.prototype, methods);

export const createDiffieHellman = (sizeOrKey, keyEncoding, generator, genEncoding) => new DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding);
export const createDiffieHellmanGroup = (name) => new DiffieHellmanGroup(name);
export { createDiffieHellmanGroup as getDiffieHellman };
