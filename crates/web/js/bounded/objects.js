// What goes through all properties of an object.
import { isObject, isShort } from "./elements.js";
import { guard, guardEntries } from "./guard.js";
import { keep } from "./json-text.js";
import { isRealArray } from "./proxies.js";
import { requireRoom } from "./room.js";

const NativeTypeError = TypeError;
const { apply, ownKeys } = Reflect;
const { isView } = ArrayBuffer;
const typedLength = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "length").get;

// What one index becomes: a name; a name in a list of two; a name and four answers.
const KEY_BYTES = 32;
const ENTRY_BYTES = 64;
const DESCRIPTOR_BYTES = 96;

// How many indices something has, if those may be many.
function indicesOf(value) {
  if (typeof value === "string") return value.length;
  if (!isObject(value)) return 0;
  if (isRealArray(value)) return value.length;
  return isView(value) ? elementsOf(value) : 0;
}

function elementsOf(view) {
  try {
    return apply(typedLength, view, []);
  } catch {
    return 0;
  }
}

// The name of a property that a value stands for.
const toKey = (value) => ownKeys({ __proto__: null, [value]: undefined })[0];

guard(Object, {
  keys(value) {
    requireRoom(0, indicesOf(value) * KEY_BYTES);
    return super.keys(value);
  },
  values(value) {
    requireRoom(0, indicesOf(value) * KEY_BYTES);
    return super.values(value);
  },
  entries(value) {
    requireRoom(0, indicesOf(value) * ENTRY_BYTES);
    return super.entries(value);
  },
  getOwnPropertyNames(value) {
    requireRoom(0, indicesOf(value) * KEY_BYTES);
    return super.getOwnPropertyNames(value);
  },
  getOwnPropertyDescriptors(value) {
    requireRoom(0, indicesOf(value) * DESCRIPTOR_BYTES);
    return super.getOwnPropertyDescriptors(value);
  },
  assign(target, source) {
    if (arguments.length <= 2) {
      requireRoom(0, indicesOf(source) * KEY_BYTES);
      return arguments.length === 2 ? super.assign(target, source) : super.assign(target);
    }
    // One after the other, since there may be thousands.
    const to = super.assign(target);
    for (let i = 1; i < arguments.length; i++) {
      requireRoom(0, indicesOf(arguments[i]) * KEY_BYTES);
      super.assign(to, arguments[i]);
    }
    return to;
  },
  fromEntries(entries) {
    if (entries === null || entries === undefined || isShort(entries)) return super.fromEntries(entries);
    const result = {};
    for (const entry of entries) {
      if (!isObject(entry)) throw new NativeTypeError(`Iterator value ${typeof entry} is not an entry object`);
      const key = entry[0];
      // Asked for before the key is made a name, as the standard has it.
      const value = entry[1];
      keep(result, typeof key === "string" || typeof key === "symbol" ? key : toKey(key), value);
    }
    return result;
  },
  defineProperties(target, properties) {
    return super.defineProperties(target, properties);
  },
  create(prototype, properties) {
    return arguments.length > 1 ? super.create(prototype, properties) : super.create(prototype);
  },
  freeze(value) {
    return super.freeze(value);
  },
});
guardEntries(Object, ["getOwnPropertySymbols", "isFrozen", "isSealed", "preventExtensions", "seal"]);
guard(Reflect, {
  ownKeys(target) {
    requireRoom(0, indicesOf(target) * KEY_BYTES);
    return super.ownKeys(target);
  },
});
