import { outcome, outcomes, unhex, utf8 } from "../outcome.js";

const { subtle } = crypto;
const KEY = unhex("000102030405060708090a0b0c0d0e0f");

const fields = (key) => {
  const { type, extractable, algorithm, usages } = key;
  return { type, extractable, algorithm, usages };
};

// The key pair of RFC 7515, A.3.
const EC = {
  kty: "EC", crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
};
const ECDSA = { name: "ECDSA", namedCurve: "P-256" };

export default {
  "AES fields": async () => fields(await subtle.importKey("raw", KEY, "aes-gcm", true, ["decrypt", "encrypt"])),
  "HMAC fields": async () => fields(await subtle.importKey("raw", KEY, { name: "HMAC", hash: "SHA-512" }, false, ["sign"])),
  "generated HMAC's length": async () => fields(await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"])),
  "generated AES": async () => fields(await subtle.generateKey({ name: "AES-CTR", length: 192 }, true, ["encrypt"])),
  "generated RSA": async () => {
    const pair = await subtle.generateKey({ name: "RSA-PSS", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-384" }, false, ["sign", "verify"]);
    return [fields(pair.privateKey), fields(pair.publicKey)];
  },
  "generated EC": async () => {
    const pair = await subtle.generateKey({ name: "ECDH", namedCurve: "P-521" }, false, ["deriveKey"]);
    return [fields(pair.privateKey), fields(pair.publicKey)];
  },
  "bad AES lengths": () => outcomes(() => subtle.generateKey({ name: "AES-CBC", length: 100 }, true, ["encrypt"]), () => subtle.importKey("raw", new Uint8Array(5), "AES-CBC", true, ["encrypt"])),
  "no usages": () => outcomes(() => subtle.generateKey({ name: "AES-CBC", length: 128 }, true, []), () => subtle.importKey("raw", KEY, "AES-CBC", true, [])),
  "usages that do not fit": () => outcomes(() => subtle.importKey("raw", KEY, "AES-CBC", true, ["sign"]), () => subtle.importKey("raw", KEY, "AES-CBC", true, ["bogus"])),
  "empty HMAC key": () => subtle.importKey("raw", new Uint8Array(), { name: "HMAC", hash: "SHA-256" }, true, ["sign"]),
  "HMAC without a hash": () => subtle.importKey("raw", KEY, "HMAC", true, ["sign"]),
  "export raw": async () => subtle.exportKey("raw", await subtle.importKey("raw", KEY, "AES-CBC", true, ["encrypt"])),
  "export JWK": async () => subtle.exportKey("jwk", await subtle.importKey("raw", KEY, "AES-CBC", true, ["encrypt", "decrypt"])),
  "export HMAC as JWK": async () => subtle.exportKey("jwk", await subtle.importKey("raw", KEY, { name: "HMAC", hash: "SHA-1" }, true, ["sign"])),
  "export what may not be": async () => subtle.exportKey("raw", await subtle.importKey("raw", KEY, "AES-CBC", false, ["encrypt"])),
  "export in a wrong format": async () => subtle.exportKey("pkcs8", await subtle.importKey("raw", KEY, "AES-CBC", true, ["encrypt"])),
  "EC from JWK": async () => fields(await subtle.importKey("jwk", EC, ECDSA, true, ["sign"])),
  "EC to every format": async () => {
    const privateKey = await subtle.importKey("jwk", EC, ECDSA, true, ["sign"]);
    const { d, ...point } = EC;
    const publicKey = await subtle.importKey("jwk", point, ECDSA, true, ["verify"]);
    return outcomes(
      () => subtle.exportKey("jwk", privateKey),
      () => subtle.exportKey("pkcs8", privateKey),
      () => subtle.exportKey("jwk", publicKey),
      () => subtle.exportKey("spki", publicKey),
      () => subtle.exportKey("raw", publicKey),
      () => subtle.exportKey("raw", privateKey),
      () => subtle.exportKey("spki", privateKey),
    );
  },
  "EC of another curve": () => subtle.importKey("jwk", EC, { name: "ECDSA", namedCurve: "P-384" }, true, ["sign"]),
  "EC of an unknown curve": () => subtle.importKey("jwk", EC, { name: "ECDSA", namedCurve: "K-1" }, true, ["sign"]),
  "EC point off the curve": () => subtle.importKey("jwk", { ...EC, d: undefined, x: EC.y }, ECDSA, true, ["verify"]),
  "JWK's use and key_ops": () => outcomes(
    () => subtle.importKey("jwk", { ...EC, use: "enc" }, ECDSA, true, ["sign"]),
    () => subtle.importKey("jwk", { ...EC, key_ops: ["verify"] }, ECDSA, true, ["sign"]),
    () => subtle.importKey("jwk", { ...EC, ext: false }, ECDSA, true, ["sign"]),
  ),
  "JWK of another kind": () => subtle.importKey("jwk", { kty: "oct", k: "AAEC" }, ECDSA, true, ["sign"]),
  "JWK that is no object": () => outcomes(() => subtle.importKey("jwk", "x", ECDSA, true, []), () => subtle.importKey("jwk", null, ECDSA, true, [])),
  "AES from JWK": () => outcomes(
    async () => fields(await subtle.importKey("jwk", { kty: "oct", k: "AAECAwQFBgcICQoLDA0ODw" }, "AES-GCM", true, ["encrypt"])),
    () => subtle.importKey("jwk", { kty: "oct", k: "AAEC!" }, "AES-GCM", true, ["encrypt"]),
    () => subtle.importKey("jwk", { kty: "oct", k: "AAECAwQFBgcICQoLDA0ODw", alg: "A256GCM" }, "AES-GCM", true, ["encrypt"]),
  ),
  "unknown format": () => subtle.importKey("pem", KEY, "AES-CBC", true, ["encrypt"]),
  "bytes of a wrong kind": () => subtle.importKey("raw", "text", "AES-CBC", true, ["encrypt"]),
  "garbage as PKCS #8 and SPKI": () => outcomes(() => subtle.importKey("pkcs8", KEY, ECDSA, true, ["sign"]), () => subtle.importKey("spki", KEY, ECDSA, true, ["verify"])),
  "Ed25519 raw": async () => {
    const key = await subtle.importKey("raw", unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), "Ed25519", true, ["verify"]);
    return [fields(key), await subtle.exportKey("jwk", key), await subtle.exportKey("spki", key)];
  },
  "PBKDF2 that may be exported": () => subtle.importKey("raw", utf8("p"), "PBKDF2", true, ["deriveBits"]),
  "wrapping as JWK": async () => {
    const wrapping = await subtle.importKey("raw", KEY, "AES-GCM", false, ["wrapKey", "unwrapKey"]);
    const algorithm = { name: "AES-GCM", iv: KEY };
    const wrapped = await subtle.wrapKey("jwk", await subtle.importKey("raw", KEY, "AES-CBC", true, ["encrypt"]), wrapping, algorithm);
    const key = await subtle.unwrapKey("jwk", wrapped, wrapping, algorithm, "AES-CBC", true, ["encrypt"]);
    return subtle.exportKey("raw", key);
  },
  "CryptoKey by hand": () => new CryptoKey(),
  "key's fields cannot be set": async () => {
    const key = await subtle.importKey("raw", KEY, "AES-CBC", true, ["encrypt"]);
    return outcome(() => {
      key.extractable = false;
    });
  },
  "few arguments": () => outcomes(() => subtle.importKey(), () => subtle.generateKey("AES-CBC"), () => subtle.exportKey("raw")),
};
