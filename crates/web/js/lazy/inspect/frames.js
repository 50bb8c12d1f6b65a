// What stands around the contents of a value, for each kind of value.
import * as kind from "../../kinds.js";
import { flagsOf } from "../structured-clone-leaves.js";
import { errorText } from "./errors.js";
import { primitiveText } from "./primitives.js";
import * as lang from "../../primordials.js";
import { functionText, prefixOf } from "./shape.js";

/**
 * A value's frame: `base`, the text before its braces (alone, if there is nothing to put between them); `open` and
 * `close`, the braces; `isList`, whether the contents have no names. `length` is how many contents there are.
 */
export function frameOf({ value, what, constructor, tag, length }) {
  const braces = (fallback, size) => ({ base: "", open: `${prefixOf(constructor, tag, fallback, size)}{`, close: "}", isList: false });
  const text = (base) => ({ base: tag === "" ? base : `${base} [${tag}]`, open: "{", close: "}", isList: false });
  switch (what) {
    case kind.PLAIN:
      return constructor === "Object" && tag === "" ? { base: "", open: "{", close: "}", isList: false } : braces("Object");
    case kind.ARRAY: {
      const prefix = constructor === "Array" && tag === "" ? "" : prefixOf(constructor, tag, "Array", `(${length})`);
      return { base: "", open: `${prefix}[`, close: "]", isList: true };
    }
    case kind.TYPED_ARRAY: {
      const name = lang.typedArrayName(value);
      return { base: "", open: `${prefixOf(constructor, tag, name, `(${length})`)}[`, close: "]", isList: true };
    }
    case kind.ARGUMENTS:
      return { base: "", open: "[Arguments] [", close: "]", isList: true };
    case kind.MAP:
      return braces("Map", `(${length})`);
    case kind.SET:
      return braces("Set", `(${length})`);
    case kind.FUNCTION:
      return text(functionText(value));
    case kind.ERROR:
      return text(errorText(value, constructor));
    case kind.DATE:
      return text(named(dateText(value), "Date", constructor));
    case kind.REGEXP:
      return text(named(`/${lang.regExpSource(value)}/${flagsOf(value)}`, "RegExp", constructor));
    case kind.BOOLEAN_OBJECT:
      return text(boxed("Boolean", lang.booleanValue(value), constructor));
    case kind.NUMBER_OBJECT:
      return text(boxed("Number", lang.numberValue(value), constructor));
    case kind.STRING_OBJECT:
      return text(boxed("String", lang.stringValue(value), constructor));
    case kind.BIGINT_OBJECT:
      return text(boxed("BigInt", lang.bigIntValue(value), constructor));
    case kind.SYMBOL_OBJECT:
      return text(boxed("Symbol", lang.symbolValue(value), constructor));
    case kind.MODULE_NAMESPACE:
      return { base: "", open: "[Module: null prototype] {", close: "}", isList: false };
    default:
      return braces(FALLBACK_NAMES[what] ?? "Object");
  }
}

const FALLBACK_NAMES = {
  __proto__: null,
  [kind.PROMISE]: "Promise",
  [kind.ARRAY_BUFFER]: "ArrayBuffer",
  [kind.SHARED_ARRAY_BUFFER]: "SharedArrayBuffer",
  [kind.DATA_VIEW]: "DataView",
  [kind.WEAK_MAP]: "WeakMap",
  [kind.WEAK_SET]: "WeakSet",
};

/** How many contents a value has beside its properties. */
export function lengthOf(value, what) {
  switch (what) {
    case kind.ARRAY:
      return value.length;
    case kind.ARGUMENTS: {
      const length = lang.descriptorOf(value, "length")?.value;
      return typeof length === "number" ? length : 0;
    }
    case kind.TYPED_ARRAY:
      return lang.typedArrayLength(value);
    case kind.MAP:
      return lang.mapSize(value);
    case kind.SET:
      return lang.setSize(value);
    case kind.PROMISE:
    case kind.ARRAY_BUFFER:
    case kind.DATA_VIEW:
    case kind.WEAK_MAP:
    case kind.WEAK_SET:
      return 1;
    default:
      return 0;
  }
}

function dateText(date) {
  return lang.numberIsNaN(lang.dateTime(date)) ? "Invalid Date" : lang.dateToISOString(date);
}

function named(text, expected, constructor) {
  return constructor === expected ? text : prefixOf(constructor, "", expected) + text;
}

function boxed(name, primitive, constructor) {
  const own = constructor === name ? "" : ` (${constructor ?? "null prototype"})`;
  return `[${name}${own}: ${primitiveText(primitive)}]`;
}
