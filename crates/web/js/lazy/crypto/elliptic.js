// ECDSA and ECDH on P-256, P-384 and P-521 (https://w3c.github.io/webcrypto/#ecdsa and #ecdh).
import { DOMString } from "../../webidl.js";
import { DOMException } from "../../dom-exception.js";
import { deriveBits, publicParameters } from "./agreement.js";
import { registerAlgorithm } from "./algorithms.js";
import { base64UrlEncode, jwkBytes, requireMember } from "./jwk.js";
import { requireType, slotsOf } from "./key.js";
import { exportPairKey, generatePair, given, importPairKey } from "./pairs.js";
import { hashParameters, required } from "./parameters.js";
import { DERIVE, SIGN, VERIFY } from "./usages.js";
import { native } from "../../native.js";

const ES_NAMES = { __proto__: null, "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" };

registerElliptic(
  "ECDSA",
  { forPublic: VERIFY, forPrivate: SIGN, use: "sig" },
  {
    sign: { parameters: hashParameters("ECDSA"), run: sign },
    verify: { parameters: hashParameters("ECDSA"), run: verify },
  },
);

registerElliptic(
  "ECDH",
  { forPublic: 0, forPrivate: DERIVE, use: "enc" },
  { deriveBits: { parameters: publicParameters("ECDH"), run: (parameters, key, length) => deriveBits("ECDH", parameters, key, length) } },
);

function registerElliptic(name, usages, operations) {
  const kind = {
    ...usages,
    what: name,
    kty: "EC",
    takesRaw: true,
    family: ({ namedCurve }) => namedCurve,
    fromJwk: (jwk, { namedCurve }, what) => fromJwk(jwk, name, namedCurve, what),
    toJwk,
    algorithm: ({ namedCurve }) => ({ __proto__: null, name, namedCurve }),
  };
  registerAlgorithm(name, {
    ...operations,
    generateKey: {
      parameters: curveParameters,
      run: (parameters, extractable, wanted) => {
        requireCurve(parameters, name);
        return generatePair(kind, parameters, extractable, wanted, () => native.keyGenerate(parameters.namedCurve));
      },
    },
    importKey: {
      parameters: curveParameters,
      run: (parameters, format, data, extractable, wanted) => {
        requireCurve(parameters, name);
        return importPairKey(kind, parameters, format, data, extractable, wanted);
      },
    },
    exportKey: { run: (format, key) => exportPairKey(kind, format, key) },
  });
}

function curveParameters({ namedCurve }) {
  return { __proto__: null, namedCurve: DOMString(required(namedCurve, "The namedCurve")) };
}

function requireCurve({ namedCurve }, name) {
  if (ES_NAMES[namedCurve] !== undefined) return;
  throw new DOMException(`${name}: the curve '${namedCurve}' is not supported; there are P-256, P-384 and P-521.`, "NotSupportedError");
}

function fromJwk(jwk, name, namedCurve, what) {
  requireMember(jwk, "crv", namedCurve, what);
  if (name === "ECDSA" && jwk.alg !== undefined) requireMember(jwk, "alg", ES_NAMES[namedCurve], what);
  const x = jwkBytes(jwk, "x", what);
  const y = jwkBytes(jwk, "y", what);
  return jwk.d === undefined ? native.keyOfParts(namedCurve, x, y) : native.keyOfParts(namedCurve, x, y, jwkBytes(jwk, "d", what));
}

function toJwk(key, { type, algorithm }) {
  const parts = native.keyParts(key);
  const jwk = { __proto__: null, kty: "EC", crv: algorithm.namedCurve, x: base64UrlEncode(parts[0]), y: base64UrlEncode(parts[1]) };
  if (type === "private") jwk.d = base64UrlEncode(parts[2]);
  return jwk;
}

function sign({ hash }, key, data) {
  requireType(key, "private", "ECDSA.sign");
  return given(native.keySign(slotsOf(key).secret, data, "ECDSA", hash, 0), "ECDSA.sign");
}

function verify({ hash }, key, signature, data) {
  requireType(key, "public", "ECDSA.verify");
  return native.keyVerify(slotsOf(key).secret, data, "ECDSA", hash, 0, signature) === true;
}
