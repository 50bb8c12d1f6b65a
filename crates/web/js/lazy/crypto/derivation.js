// HKDF and PBKDF2 (https://w3c.github.io/webcrypto/#hkdf and #pbkdf2).
import { DOMException } from "../../dom-exception.js";
import { registerAlgorithm } from "./algorithms.js";
import { createKey, slotsOf } from "./key.js";
import { given } from "./pairs.js";
import { bufferSource, enforcedLong, hashIdentifier, keyHash } from "./parameters.js";
import { DERIVE, requireUsages } from "./usages.js";
import { native } from "../../native.js";

// As on Cloudflare. More would be a way to use up CPU time in a single call.
const ITERATIONS_MAX = 100000;

registerDerivation("HKDF", hkdfParameters, ({ hash, salt, info }, key, bytes) =>
  given(native.hkdf(hash, slotsOf(key).secret, salt, info, bytes), "HKDF.deriveBits", "more was asked for than 255 digests"),
);

registerDerivation("PBKDF2", pbkdf2Parameters, ({ hash, salt, iterations }, key, bytes) => {
  if (iterations === 0) throw new DOMException("PBKDF2.deriveBits: there is no key after 0 iterations.", "OperationError");
  if (iterations > ITERATIONS_MAX) {
    throw new DOMException(`PBKDF2.deriveBits: iteration counts above ${ITERATIONS_MAX} are not supported (requested ${iterations}).`, "NotSupportedError");
  }
  return given(native.pbkdf2(hash, slotsOf(key).secret, salt, iterations, bytes), "PBKDF2.deriveBits");
});

function registerDerivation(name, parameters, derive) {
  registerAlgorithm(name, {
    deriveBits: { parameters, run: (values, key, length) => derive(values, key, bytesFor(length, name)) },
    importKey: { run: (_, format, data, extractable, usages) => importKey(name, format, data, extractable, usages) },
    // As long as it comes: what is derived for such a key is only where the next derivation begins.
    getKeyLength: { run: () => null },
  });
}

function bytesFor(length, name) {
  if (length === null) throw new DOMException(`${name}.deriveBits: a length is needed.`, "OperationError");
  if (length % 8 !== 0) throw new DOMException(`${name}.deriveBits: a length of ${length} bits is no multiple of 8.`, "OperationError");
  return length / 8;
}

function importKey(name, format, data, extractable, usages) {
  if (format !== "raw") throw new DOMException(`${name}.importKey: the format '${format}' is not supported.`, "NotSupportedError");
  requireUsages(usages, DERIVE, `${name}.importKey`);
  if (extractable) throw new DOMException(`${name}.importKey: such a key is never extractable.`, "SyntaxError");
  return createKey({ type: "secret", extractable, algorithm: { __proto__: null, name }, usages, secret: data });
}

function hkdfParameters(object) {
  const hash = hashIdentifier(object.hash, "HKDF: the hash");
  const info = bufferSource(object.info, "HKDF: the info");
  const salt = bufferSource(object.salt, "HKDF: the salt");
  return { __proto__: null, hash: keyHash(hash, "HKDF"), info: native.copyOf(info), salt: native.copyOf(salt) };
}

function pbkdf2Parameters(object) {
  const hash = hashIdentifier(object.hash, "PBKDF2: the hash");
  const iterations = enforcedLong(object.iterations, "PBKDF2: the iterations");
  const salt = bufferSource(object.salt, "PBKDF2: the salt");
  return { __proto__: null, hash: keyHash(hash, "PBKDF2"), iterations, salt: native.copyOf(salt) };
}
