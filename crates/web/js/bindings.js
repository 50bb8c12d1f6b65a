// Bindings: what `env` has besides values. Each is an object here and a name that the host knows; what stands behind the
// name, and whether this worker may reach it, only the host decides.
import { load } from "./lazy.js";

const { keys: ownKeys, defineProperty: define } = Object;
const KINDS = {
  __proto__: null,
  assets: (name) => load("lazy/bindings/service.js").createFetcher(name),
  kv_namespace: (name) => load("lazy/bindings/kv.js").createKvNamespace(name),
  service: (name) => load("lazy/bindings/service.js").createService(name),
};

/** Puts the bindings that stand under the empty name of an `env` into it. */
export function unfoldBindings(env) {
  const kinds = env[""];
  if (kinds === undefined) return env;
  delete env[""];
  const names = ownKeys(kinds);
  for (let i = 0; i < names.length; i++) {
    const create = KINDS[kinds[names[i]]];
    const value = create === undefined ? undefined : create(names[i]);
    define(env, names[i], { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  }
  return env;
}
