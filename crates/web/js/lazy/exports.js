// The worker's own exports, as others would reach them (`ctx.exports`, and `exports` of `cloudflare:workers`): a call through
// one of these is an event of its own, in this worker.
import { WorkerEntrypoint } from "./rpc/targets.js";
import { createLoopback } from "./bindings/service.js";
import { exportsOfWorker } from "../worker.js";
import { isOn } from "../compatibility.js";

const { getPrototypeOf: prototypeOf, keys: ownKeys, freeze } = Object;

let made;
let madeOf;

/** An object with what the worker exports: its entrypoints. Undefined where a flag keeps them away. */
export function currentExports() {
  const namespace = exportsOfWorker();
  if (namespace === undefined || !isOn("enable_ctx_exports")) return undefined;
  if (madeOf !== namespace) {
    made = loopbacks(namespace);
    madeOf = namespace;
  }
  return made;
}

function loopbacks(namespace) {
  const all = { __proto__: null };
  const names = ownKeys(namespace);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (isEntrypoint(namespace[name])) all[name] = createLoopback(name);
  }
  return freeze(all);
}

function isEntrypoint(value) {
  if (typeof value === "object") return value !== null;
  for (let each = value; typeof each === "function"; each = prototypeOf(each)) if (each === WorkerEntrypoint) return true;
  return false;
}
