// The console's object (https://console.spec.whatwg.org/); what its methods do is loaded at the first call of one.
import { load } from "./lazy.js";

/** V8's own, which a debugger reads. */
export const debuggerConsole = globalThis.console;

const { apply } = Reflect;

// A namespace object: its prototype is an empty object of its own (https://webidl.spec.whatwg.org/#es-namespaces).
export const console = Object.create({});
for (const name of [
  "assert",
  "clear",
  "debug",
  "error",
  "info",
  "log",
  "warn",
  "trace",
  "dir",
  "dirxml",
  "table",
  "count",
  "countReset",
  "group",
  "groupCollapsed",
  "groupEnd",
  "time",
  "timeLog",
  "timeEnd",
  "timeStamp",
  "profile",
  "profileEnd",
]) {
  // Not called with `...`: that asks the prototype of arrays for its iterator, which may be a tenant's.
  const { [name]: value } = { [name]: (...args) => apply(load("lazy/console.js").methods[name], undefined, args) };
  Object.defineProperty(console, name, { value, writable: true, enumerable: true, configurable: true });
}
Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });

/** The method that a stack trace begins below. */
export const traceOnConsole = console.trace;
