// What few workers use is not in the startup snapshot, which every isolate pays for: the modules in lazy/ and node/ are loaded
// by the isolate that uses them. They may import each other, and of the rest what lazy-tables.js lists.
//
// When they run, code of a tenant has run before: what it has changed in the realm, they see.
import { native } from "./native.js";
import { nodeModule } from "./node-modules.js";
import { registerPlatformInterface } from "./registered.js";

let interfaces;
let builtins;
let words;
// All that is loaded, by name. It is in the heap and nowhere else, so that a heap that is kept knows what it has.
let registry;

/** Takes the tables. Called once, while the snapshot is made. */
export function fill(tables) {
  ({ interfaces, builtins, words, present: registry } = tables);
}

const { lazyModule } = native;
const { defineProperty } = Object;
const includes = Function.prototype.call.bind(String.prototype.includes);
const known = { __proto__: null };

/** The exports of a module in lazy/ or node/. */
export function load(name) {
  const exports = registry[name];
  if (exports !== undefined) return exports;
  const now = lazyModule(name, registry);
  // It may have brought others along.
  for (const each in interfaces) {
    const owner = registry[interfaces[each]];
    if (owner === undefined || known[each] !== undefined) continue;
    known[each] = each;
    registerPlatformInterface(owner[each]);
  }
  return now;
}

/**
 * Loads what a worker's text speaks of: in a heap that is kept, so that no event of the many isolates that start from it has to.
 * A module that it does not use after all costs memory and nothing else.
 */
export function loadMentioned(text) {
  for (const word in words) if (includes(text, word)) load(words[word]);
  for (const name in interfaces) if (includes(text, name)) load(interfaces[name]);
}

/** Loads all that a worker can reach by a global name. */
export function loadAll() {
  for (const word in words) load(words[word]);
  for (const name in interfaces) load(interfaces[name]);
}

/** The exports of such a module if it is loaded already, else undefined. */
export const loaded = (name) => registry[name];

/** The exports of what a worker imports by this name; undefined if there is no such module. */
export const builtin = (specifier) => (builtins[specifier] === undefined ? nodeModule(specifier, load) : load(builtins[specifier]));

/**
 * Defines a property that is `value()` from when it is first read. V8 has such properties of its own, which look like any
 * other; a heap that has one is 300 KiB larger in each isolate.
 */
export function defineLazily(object, name, value, enumerable = false) {
  const set = (now) => defineProperty(object, name, { __proto__: null, value: now, writable: true, enumerable, configurable: true });
  const get = () => {
    const now = value();
    set(now);
    return now;
  };
  defineProperty(object, name, { __proto__: null, get, set, enumerable, configurable: true });
}

/** Puts the interfaces on the global object, `performance` and `caches`. */
export function install() {
  for (const name in interfaces) defineLazily(globalThis, name, () => load(interfaces[name])[name]);
  defineLazily(globalThis, "performance", () => load("lazy/performance.js").performance, true);
  defineLazily(globalThis, "caches", () => load("lazy/cache.js").caches, true);
}
