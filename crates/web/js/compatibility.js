// What the worker's compatibility date and flags ask for. Nothing of it is kept here: the isolates of a worker that asks for
// nothing in particular must not grow by it.
import { native } from "./native.js";

const { defineProperty, freeze } = Object;
const uncurry = (method) => Function.prototype.call.bind(method);
const startsWith = uncurry(String.prototype.startsWith);
const includes = uncurry(String.prototype.includes);

/** Whether a behaviour is on, by the name of the flag that switches it on. */
export const isOn = (flag) => native.isCompatible(flag);

/** The name of the built-in module that an import of `name` may have: undefined if the flags keep it away. */
export function importable(name) {
  if (!startsWith(name, "node:")) return isOn("nodejs_compat_v2") && isOn("nodejs_compat") && !includes(name, ":") ? `node:${name}` : name;
  const allowed = isOn("nodejs_compat") || isOn("nodejs_compat_v2") || (name === "node:async_hooks" && isOn("nodejs_als"));
  return allowed ? name : undefined;
}

/** The global `Cloudflare`. Its flags are listed when somebody first looks at them. */
export const Cloudflare = {
  get compatibilityFlags() {
    const list = native.compatibilityFlags();
    const value = { __proto__: null };
    for (let i = 0; i < list.length; i += 2) value[list[i]] = list[i + 1];
    freeze(value);
    defineProperty(Cloudflare, "compatibilityFlags", { __proto__: null, value, writable: false, enumerable: true, configurable: true });
    return value;
  },
};
