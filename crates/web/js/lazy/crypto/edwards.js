// Ed25519 and X25519 (https://w3c.github.io/webcrypto/#ed25519 and #x25519), and the name that Workers had for the first of
// them before the standard had one.
import { DOMException } from "../../dom-exception.js";
import { deriveBits, publicParameters } from "./agreement.js";
import { registerAlgorithm } from "./algorithms.js";
import { base64UrlEncode, jwkBytes, requireMember } from "./jwk.js";
import { requireType, slotsOf } from "./key.js";
import { exportPairKey, generatePair, given, importPairKey } from "./pairs.js";
import { DERIVE, SIGN, VERIFY } from "./usages.js";
import { native } from "../../native.js";

const signing = { forPublic: VERIFY, forPrivate: SIGN, use: "sig" };
const signatures = { sign: { run: sign }, verify: { run: verify } };

registerCurve("Ed25519", "Ed25519", signing, signatures);
registerCurve("NODE-ED25519", "Ed25519", signing, signatures);
registerCurve(
  "X25519",
  "X25519",
  { forPublic: 0, forPrivate: DERIVE, use: "enc" },
  { deriveBits: { parameters: publicParameters("X25519"), run: (parameters, key, length) => deriveBits("X25519", parameters, key, length) } },
);

function registerCurve(name, curve, usages, operations) {
  const kind = {
    ...usages,
    what: name,
    kty: "OKP",
    takesRaw: true,
    family: () => curve,
    fromJwk: (jwk, _, what) => fromJwk(jwk, curve, what),
    toJwk: (key, slots) => toJwk(key, curve, slots),
    // Where a key of the old name says its curve, it says the old name again.
    algorithm: () => (name === curve ? { __proto__: null, name } : { __proto__: null, name, namedCurve: name }),
  };
  registerAlgorithm(name, {
    ...operations,
    generateKey: { run: (parameters, extractable, wanted) => generatePair(kind, parameters, extractable, wanted, () => native.keyGenerate(curve)) },
    importKey: {
      run: (parameters, format, data, extractable, wanted) => importPairKey(kind, parameters, format, data, extractable, wanted),
    },
    exportKey: { run: (format, key) => exportPairKey(kind, format, key) },
  });
}

function fromJwk(jwk, curve, what) {
  requireMember(jwk, "crv", curve, what);
  if (curve === "Ed25519" && jwk.alg !== undefined && jwk.alg !== "EdDSA") requireMember(jwk, "alg", "Ed25519", what);
  const x = jwkBytes(jwk, "x", what);
  const shown = native.keyImport(curve, "raw", x);
  if (jwk.d === undefined || shown === undefined) return shown;
  const key = native.keyImport(curve, "seed", jwkBytes(jwk, "d", what));
  if (key !== undefined && !native.timingSafeEqual(native.keyExport(key, "raw"), x)) {
    throw new DOMException(`${what}: 'x' is not the public key of 'd'.`, "DataError");
  }
  return key;
}

function toJwk(key, curve, { type }) {
  const jwk = { __proto__: null, kty: "OKP", crv: curve, x: base64UrlEncode(native.keyExport(key, "raw")) };
  if (type === "private") jwk.d = base64UrlEncode(native.keyExport(key, "seed"));
  return jwk;
}

function sign(_, key, data) {
  requireType(key, "private", "Ed25519.sign");
  return given(native.keySign(slotsOf(key).secret, data, "Ed25519"), "Ed25519.sign");
}

function verify(_, key, signature, data) {
  requireType(key, "public", "Ed25519.verify");
  return native.keyVerify(slotsOf(key).secret, data, "Ed25519", "", 0, signature) === true;
}
