// An isolate whose heap will be kept once the worker's top-level code has run: what that code must not have seen, because it
// would be the same in every isolate that starts from that heap, is watched. Most of it is a native; this is the rest.
import { native } from "./native.js";

const { defineProperty, getOwnPropertyDescriptor } = Object;
const realRandom = Math.random;
const RealFinalizationRegistry = FinalizationRegistry;

let watching = false;
let traps;

function saw(what) {
  if (watching) native.spoilRecording(what);
}

function random() {
  saw("it draws random numbers");
  return realRandom();
}

function watch(name, value, what) {
  const define = (now) => defineProperty(globalThis, name, { value: now, writable: true, enumerable: false, configurable: true });
  const get = () => {
    saw(what);
    return value;
  };
  defineProperty(globalThis, name, { get, set: define, enumerable: false, configurable: true });
}

/** Begins to watch; gives an `env` that tells when somebody looks into it. */
export function begin(env) {
  watching = true;
  defineProperty(Math, "random", { value: random, writable: true, enumerable: false, configurable: true });
  // V8 gives it to isolates that leave no heap behind, and to no other.
  watch("WebAssembly", undefined, "it looks for WebAssembly");
  // V8 cannot write these down.
  watch("FinalizationRegistry", RealFinalizationRegistry, "it uses FinalizationRegistry");
  traps = { __proto__: null };
  for (const name of ["get", "set", "has", "ownKeys", "getOwnPropertyDescriptor", "defineProperty", "deleteProperty", "getPrototypeOf"]) {
    const reflect = Reflect[name];
    traps[name] = (...args) => {
      saw("it reads `env` of `cloudflare:workers`");
      return reflect(...args);
    };
  }
  return new Proxy(env, traps);
}

/** Ends it: nothing is watched any more, and what code has kept works as if it never had been. */
export function end() {
  watching = false;
  if (getOwnPropertyDescriptor(Math, "random")?.value === random) {
    defineProperty(Math, "random", { value: realRandom, writable: true, enumerable: false, configurable: true });
  }
  delete globalThis.WebAssembly;
  if (getOwnPropertyDescriptor(globalThis, "FinalizationRegistry")?.get !== undefined) {
    defineProperty(globalThis, "FinalizationRegistry", { value: RealFinalizationRegistry, writable: true, enumerable: false, configurable: true });
  }
  for (const name in traps) delete traps[name];
}
