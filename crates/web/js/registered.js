// What the platform's interfaces say of themselves to those who show their objects (inspect.js in lazy/) and who copy them
// (structured-clone.js there). They stand apart because most isolates never load those two.
import { cloneDOMException, isDOMException } from "./dom-exception.js";

const addTo = Function.prototype.call.bind(Set.prototype.add);

/** Of `{ is, describe }`, see `registerInspector`. */
export const inspectors = [];
/** Of `{ is, clone }`, see `registerCloneable`. */
export const cloneables = [];
/** Of `{ is, isFree, transfer }`, see `registerTransferable`. */
export const transferables = [];
let isPort;
/** Is this a MessagePort? None is before the module that makes them is loaded. */
export const isMessagePort = (value) => isPort !== undefined && isPort(value);
/** The prototypes of the platform's objects. V8 has no test for the two of the language's own. */
export const platformPrototypes = new Set([WeakRef.prototype, FinalizationRegistry.prototype]);

/**
 * Teaches the inspector an interface of the platform. `describe(value)` gives what to show of a value for which
 * `is(value)` is true: `{ fields }`, an object whose members are shown; `{ entries }`, a list of [key, value], shown as
 * a Map is; `{ items }`, shown as an array is; or a string, shown as it is. `name` beside them stands before the braces
 * instead of the name of the object's class.
 */
export function registerInspector(is, describe) {
  inspectors[inspectors.length] = { is, describe };
}

/** Lets objects that `is` recognises be cloned by `clone(value)`. */
export function registerCloneable(is, clone) {
  cloneables[cloneables.length] = { is, clone };
}

/** Lets objects that `is` recognises be given away, if `isFree(value)`: `transfer(value)` makes the one that takes its place. */
export function registerTransferable(is, isFree, transfer) {
  transferables[transferables.length] = { is, isFree, transfer };
}

/** Says what a MessagePort is. */
export function setIsMessagePort(is) {
  isPort = is;
}

/** Names an interface whose objects are the platform's: they cannot be cloned unless they are registered. */
export function registerPlatformInterface(interfaceClass) {
  addTo(platformPrototypes, interfaceClass.prototype);
}

registerCloneable(isDOMException, cloneDOMException);
