// The registry of algorithms, and how an argument becomes one of them
// (https://w3c.github.io/webcrypto/#algorithm-normalization-normalize-an-algorithm).
import { DOMString, isObject } from "../../webidl.js";
import { DOMException } from "../../dom-exception.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const upperCase = uncurry(String.prototype.toUpperCase);
// By operation, then by name in upper case.
const registry = { __proto__: null };

/**
 * Teaches `subtle` what `name` can do. `operations` has a member for each operation that the algorithm supports
 * (`digest`, `sign`, `verify`, `encrypt`, `decrypt`, `generateKey`, `importKey`, `exportKey`, `deriveBits`, `wrapKey`,
 * `unwrapKey`, `getKeyLength`): `{ parameters, run }`. `parameters(object)` reads the members that the algorithm's
 * dictionary has beside its name; absent, there are none.
 */
export function registerAlgorithm(name, operations) {
  for (const operation of Object.keys(operations)) {
    const byName = (registry[operation] ??= { __proto__: null });
    byName[name.toUpperCase()] = { name, ...operations[operation] };
  }
}

/** What the argument `algorithm` means for `operation`: `{ name, parameters, run }`, ready to be run. */
export function normalizeAlgorithm(operation, algorithm) {
  const object = isObject(algorithm) ? algorithm : { __proto__: null, name: DOMString(algorithm) };
  const given = nameOf(object, operation);
  const known = registry[operation]?.[upperCase(given)];
  if (known === undefined) {
    throw new DOMException(`SubtleCrypto.${operation}: the algorithm '${given}' is not supported for this operation.`, "NotSupportedError");
  }
  return { name: known.name, parameters: known.parameters?.(object), run: known.run };
}

/** The operation of an algorithm that a key names, or undefined if it has none. */
export function operationOf(operation, name) {
  return registry[operation]?.[upperCase(name)]?.run;
}

/** A HashAlgorithmIdentifier: the name of a hash function. */
export function hashName(value) {
  return normalizeAlgorithm("digest", value).name;
}

function nameOf(object, operation) {
  const { name } = object;
  if (name === undefined) throw new TypeError(`SubtleCrypto.${operation}: the algorithm has no name.`);
  return DOMString(name);
}
