// RSASSA-PKCS1-v1_5, RSA-PSS and RSA-OAEP (https://w3c.github.io/webcrypto/#rsassa-pkcs1 and around it).
import { DOMException } from "../../dom-exception.js";
import { registerAlgorithm } from "./algorithms.js";
import { isUint8Array, lengthOf } from "./bytes.js";
import { base64UrlEncode, jwkBytes, requireMember } from "./jwk.js";
import { requireType, slotsOf } from "./key.js";
import { exportPairKey, generatePair, given, importPairKey } from "./pairs.js";
import { bufferSource, enforcedLong, hashIdentifier, hashParameters, keyHash, required } from "./parameters.js";
import { DECRYPT, ENCRYPT, SIGN, UNWRAP_KEY, VERIFY, WRAP_KEY, requireUsages } from "./usages.js";
import { native } from "../../native.js";

// In the order in which natives take and give them.
const PUBLIC_PARTS = ["n", "e"];
const PRIVATE_PARTS = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

// An RSA key's `alg`, by its hash.
const RS_NAMES = { __proto__: null, "SHA-1": "RS1", "SHA-256": "RS256", "SHA-384": "RS384", "SHA-512": "RS512" };
const PS_NAMES = { __proto__: null, "SHA-1": "PS1", "SHA-256": "PS256", "SHA-384": "PS384", "SHA-512": "PS512" };
const OAEP_NAMES = { __proto__: null, "SHA-1": "RSA-OAEP", "SHA-256": "RSA-OAEP-256", "SHA-384": "RSA-OAEP-384", "SHA-512": "RSA-OAEP-512" };

const signing = { forPublic: VERIFY, forPrivate: SIGN, use: "sig" };
const sealing = { forPublic: ENCRYPT | WRAP_KEY, forPrivate: DECRYPT | UNWRAP_KEY, use: "enc" };

registerRsa("RSASSA-PKCS1-v1_5", RS_NAMES, signing, {
  sign: { run: (_, key, data) => sign(key, data, 0) },
  verify: { run: (_, key, signature, data) => verify(key, signature, data, 0) },
});

registerRsa("RSA-PSS", PS_NAMES, signing, {
  sign: { parameters: saltParameters, run: ({ saltLength }, key, data) => sign(key, data, saltLength) },
  verify: { parameters: saltParameters, run: ({ saltLength }, key, signature, data) => verify(key, signature, data, saltLength) },
});

registerRsa("RSA-OAEP", OAEP_NAMES, sealing, {
  encrypt: { parameters: labelParameters, run: ({ label }, key, data) => oaep(label, key, data, true) },
  decrypt: { parameters: labelParameters, run: ({ label }, key, data) => oaep(label, key, data, false) },
});

function registerRsa(name, jwkNames, usages, operations) {
  const kind = {
    ...usages,
    what: name,
    kty: "RSA",
    takesRaw: false,
    family: () => "RSA",
    fromJwk: (jwk, { hash }, what) => fromJwk(jwk, jwkNames[hash], what),
    toJwk: (key, { type, algorithm }) => toJwk(key, type, jwkNames[algorithm.hash.name]),
    algorithm: ({ hash }, key) => ({
      __proto__: null,
      name,
      modulusLength: native.keyBits(key),
      publicExponent: native.keyParts(key)[1],
      hash: { __proto__: null, name: hash },
    }),
  };
  registerAlgorithm(name, {
    ...operations,
    generateKey: { parameters: generateParameters, run: (parameters, extractable, wanted) => generate(kind, parameters, extractable, wanted) },
    importKey: {
      parameters: hashParameters(name),
      run: (parameters, format, data, extractable, wanted) => importPairKey(kind, parameters, format, data, extractable, wanted),
    },
    exportKey: { run: (format, key) => exportPairKey(kind, format, key) },
  });
}

function generateParameters(object) {
  const modulusLength = enforcedLong(object.modulusLength, "RSA: the modulusLength");
  const exponent = required(object.publicExponent, "RSA: the publicExponent");
  if (!isUint8Array(exponent)) throw new TypeError("RSA: the publicExponent is no Uint8Array.");
  const hash = hashIdentifier(object.hash, "RSA: the hash");
  return { __proto__: null, modulusLength, publicExponent: native.copyOf(exponent), hash: keyHash(hash, "RSA") };
}

function generate(kind, parameters, extractable, usages) {
  const { modulusLength, publicExponent } = parameters;
  // Natives hold these bounds; here is who says so, before it is asked whether the key would be of any use.
  const isPossible = modulusLength >= 512 && modulusLength <= 8192 && modulusLength % 128 === 0;
  if (!isPossible || !isKnownExponent(publicExponent)) {
    requireUsages(usages, kind.forPrivate | kind.forPublic, `${kind.what}.generateKey`);
    throw new DOMException(
      `${kind.what}.generateKey: a modulus has 512 to 8192 bits, a multiple of 128 (${modulusLength} were asked for), and the exponent is 3 or 65537.`,
      "OperationError",
    );
  }
  return generatePair(kind, parameters, extractable, usages, () => native.keyGenerate("RSA", modulusLength, publicExponent));
}

// Its bytes, the greatest first, perhaps with zeros before them.
function isKnownExponent(bytes) {
  let exponent = 0;
  for (let i = 0; i < lengthOf(bytes) && exponent < 65538; i++) exponent = exponent * 256 + bytes[i];
  return exponent === 3 || exponent === 65537;
}

function fromJwk(jwk, alg, what) {
  if (jwk.alg !== undefined) requireMember(jwk, "alg", alg, what);
  if (jwk.d === undefined) return native.keyOfParts("RSA", jwkBytes(jwk, "n", what), jwkBytes(jwk, "e", what));
  if (jwk.hasOthers) throw new DOMException(`${what}: keys with more than two primes are not supported.`, "NotSupportedError");
  const part = (index) => jwkBytes(jwk, PRIVATE_PARTS[index], what);
  return native.keyOfParts("RSA", part(0), part(1), part(2), part(3), part(4), part(5), part(6), part(7));
}

function toJwk(key, type, alg) {
  const names = type === "private" ? PRIVATE_PARTS : PUBLIC_PARTS;
  const parts = native.keyParts(key);
  const jwk = { __proto__: null, kty: "RSA", alg };
  for (let i = 0; i < names.length; i++) jwk[names[i]] = base64UrlEncode(parts[i]);
  return jwk;
}

function saltParameters({ saltLength }) {
  return { __proto__: null, saltLength: enforcedLong(saltLength, "RSA-PSS: the saltLength") };
}

function sign(key, data, saltLength) {
  const { algorithm, secret } = slotsOf(key);
  requireType(key, "private", `${algorithm.name}.sign`);
  const signature = native.keySign(secret, data, algorithm.name, algorithm.hash.name, saltLength);
  return given(signature, `${algorithm.name}.sign`, "the key is too short for this hash and salt");
}

function verify(key, signature, data, saltLength) {
  const { algorithm, secret } = slotsOf(key);
  requireType(key, "public", `${algorithm.name}.verify`);
  return native.keyVerify(secret, data, algorithm.name, algorithm.hash.name, saltLength, signature) === true;
}

function labelParameters({ label }) {
  const bytes = label === undefined ? NOTHING : native.copyOf(bufferSource(label, "RSA-OAEP: the label"));
  return { __proto__: null, label: bytes };
}

function oaep(label, key, data, encrypts) {
  const { algorithm, secret } = slotsOf(key);
  requireType(key, encrypts ? "public" : "private", encrypts ? "RSA-OAEP.encrypt" : "RSA-OAEP.decrypt");
  const result = native.rsaOaep(encrypts, secret, data, algorithm.hash.name, label);
  return encrypts
    ? given(result, "RSA-OAEP.encrypt", "the data is too long for this key and hash")
    : given(result, "RSA-OAEP.decrypt", "the data is not what was encrypted with this key, hash and label");
}

const NOTHING = new Uint8Array(0);
