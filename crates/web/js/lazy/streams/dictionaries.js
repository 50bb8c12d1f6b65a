// Dictionaries as this folder's interfaces take them.

import { dictionary } from "../../webidl.js";

// A dictionary that was left out has no members, not even those that a tenant puts on Object.prototype.
const LEFT_OUT = { __proto__: null };

export function optionalDictionary(value, what) {
  return value === undefined || value === null ? LEFT_OUT : dictionary(value, what);
}

/** A member of a dictionary that must be a function if it is there. */
export function callbackMember(dictionary, name, what) {
  const value = dictionary[name];
  if (value !== undefined && typeof value !== "function") throw new TypeError(`${what}: the member '${name}' is not a function.`);
  return value;
}
