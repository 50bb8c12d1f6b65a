// `node:crypto`.
import { constants } from "./internal/crypto-constants.js";
import { Cipheriv, Decipheriv, cipherNames, createCipheriv, createDecipheriv, getCipherInfo } from "./internal/crypto-cipher.js";
import { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from "./internal/crypto-derive.js";
import { X509Certificate } from "./internal/crypto-certificate.js";
import { DiffieHellman, DiffieHellmanGroup, createDiffieHellman, createDiffieHellmanGroup, getDiffieHellman } from "./internal/crypto-diffie-hellman.js";
import { ECDH, createECDH } from "./internal/crypto-ecdh.js";
import { Hash, Hmac, createHash, createHmac, hash, hashNames } from "./internal/crypto-hash.js";
import { KeyObject, createPrivateKey, createPublicKey, createSecretKey, curveNames } from "./internal/crypto-keys.js";
import { diffieHellman, generateKey, generateKeyPair, generateKeyPairSync, generateKeySync } from "./internal/crypto-pairs.js";
import { checkPrime, checkPrimeSync, generatePrime, generatePrimeSync } from "./internal/crypto-primes.js";
import { randomBytes, randomFill, randomFillSync, randomInt, randomUUID, timingSafeEqual } from "./internal/crypto-random.js";
import { privateDecrypt, privateEncrypt, publicDecrypt, publicEncrypt } from "./internal/crypto-rsa.js";
import { Sign, Verify, createSign, createVerify, sign, verify } from "./internal/crypto-sign.js";
import { Certificate } from "./internal/crypto-spkac.js";
import { notImplemented } from "./internal/errors.js";
import { requireString } from "./internal/validate.js";
import { promisify } from "./util.js";

export const webcrypto = globalThis.crypto;
export const { subtle } = webcrypto;
export const getRandomValues = (array) => webcrypto.getRandomValues(array);

export { constants };

export const getHashes = () => hashNames();
export const getCiphers = () => cipherNames();
export const getCurves = () => curveNames();
export const { CryptoKey } = globalThis;
export const fips = 0;
export const getFips = () => 0;
export const setFips = () => {};
export const secureHeapUsed = () => ({ total: 0, used: 0, utilization: 0, min: 0 });

export function setEngine(id) {
  requireString(id, "id");
  throw notImplemented("crypto", "setEngine");
}

Object.defineProperty(generateKeyPair, promisify.custom, {
  enumerable: false,
  value: (type, options) =>
    new Promise((resolve, reject) => {
      generateKeyPair(type, options, (failure, publicKey, privateKey) => (failure ? reject(failure) : resolve({ publicKey, privateKey })));
    }),
});

export {
  Certificate,
  Cipheriv,
  Decipheriv,
  DiffieHellman,
  DiffieHellmanGroup,
  ECDH,
  Hash,
  Hmac,
  KeyObject,
  Sign,
  Verify,
  X509Certificate,
  checkPrime,
  checkPrimeSync,
  createCipheriv,
  createDecipheriv,
  createDiffieHellman,
  createDiffieHellmanGroup,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createSign,
  createVerify,
  diffieHellman,
  generateKey,
  generateKeyPair,
  generateKeyPairSync,
  generateKeySync,
  generatePrime,
  generatePrimeSync,
  getCipherInfo,
  getDiffieHellman,
  hash,
  hkdf,
  hkdfSync,
  pbkdf2,
  pbkdf2Sync,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  scrypt,
  scryptSync,
  sign,
  timingSafeEqual,
  verify,
};
export { randomBytes as prng, randomBytes as pseudoRandomBytes, randomBytes as rng };

export default {
  Certificate,
  Cipheriv,
  Decipheriv,
  DiffieHellman,
  DiffieHellmanGroup,
  ECDH,
  Hash,
  Hmac,
  KeyObject,
  CryptoKey,
  Sign,
  Verify,
  X509Certificate,
  checkPrime,
  checkPrimeSync,
  constants,
  createCipheriv,
  createDecipheriv,
  createDiffieHellman,
  createDiffieHellmanGroup,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createSign,
  createVerify,
  diffieHellman,
  generateKey,
  generateKeyPair,
  generateKeyPairSync,
  generateKeySync,
  generatePrime,
  generatePrimeSync,
  getCipherInfo,
  getCiphers,
  getCurves,
  getDiffieHellman,
  getFips,
  getHashes,
  getRandomValues,
  hash,
  hkdf,
  hkdfSync,
  pbkdf2,
  pbkdf2Sync,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  scrypt,
  scryptSync,
  secureHeapUsed,
  setEngine,
  setFips,
  sign,
  subtle,
  timingSafeEqual,
  verify,
  webcrypto,
  prng: randomBytes,
  pseudoRandomBytes: randomBytes,
  rng: randomBytes,
};
