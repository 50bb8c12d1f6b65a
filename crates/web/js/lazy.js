// What few workers use is not in the startup snapshot, which every isolate pays for: the modules in lazy/ and node/ are loaded
// by the isolate that uses them. They may import each other, and of the rest what is listed here.
//
// When they run, code of a tenant has run before: what it has changed in the realm, they see.
import * as abort from "./abort.js";
import * as base64 from "./base64.js";
import * as blob from "./blob.js";
import * as encoding from "./encoding.js";
import * as inspect from "./inspect.js";
import * as kinds from "./kinds.js";
import * as timers from "./timers.js";
import * as domException from "./dom-exception.js";
import * as native from "./native.js";
import { nodeModule } from "./node-modules.js";
import * as platformValues from "./platform-values.js";
import * as streams from "./streams/index.js";
import * as structuredClone from "./structured-clone.js";
import * as webidl from "./webidl.js";

/** Global interfaces, by the module that exports them. */
const interfaces = {
  __proto__: null,
  CryptoKey: "lazy/crypto/key.js",
  SubtleCrypto: "lazy/crypto/subtle.js",
};

/** Modules that a worker can import. */
const builtins = { __proto__: null };

// All that is loaded, by name. It is in the heap and nowhere else, so that a heap that is kept knows what it has.
const registry = {
  __proto__: null,
  "abort.js": abort,
  "base64.js": base64,
  "blob.js": blob,
  "encoding.js": encoding,
  "inspect.js": inspect,
  "kinds.js": kinds,
  "timers.js": timers,
  "dom-exception.js": domException,
  "native.js": native,
  "platform-values.js": platformValues,
  "streams/index.js": streams,
  "structured-clone.js": structuredClone,
  "webidl.js": webidl,
};

const { lazyModule } = native.native;
const { defineProperty } = Object;

/** The exports of a module in lazy/ or node/. */
export const load = (name) => registry[name] ?? lazyModule(name, registry);

/** The exports of what a worker imports by this name; undefined if there is no such module. */
export function builtin(specifier) {
  const name = builtins[specifier] ?? nodeModule(specifier);
  return name === undefined ? undefined : load(name);
}

/**
 * Defines a property that is `value()` from when it is first read. V8 has such properties of its own, which look like any
 * other; a heap that has one is 300 KiB larger in each isolate.
 */
export function defineLazily(object, name, value) {
  const set = (now) => defineProperty(object, name, { __proto__: null, value: now, writable: true, enumerable: false, configurable: true });
  const get = () => {
    const now = value();
    set(now);
    return now;
  };
  defineProperty(object, name, { __proto__: null, get, set, enumerable: false, configurable: true });
}

/** Puts the interfaces on the global object. */
export function install() {
  for (const name in interfaces) defineLazily(globalThis, name, () => load(interfaces[name])[name]);
}
