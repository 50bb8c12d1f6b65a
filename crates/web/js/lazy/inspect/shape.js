// What a value calls itself: its class, its tag. Found without calling anything of the tenant's: no getter, no trap.
import * as kind from "../../kinds.js";
import { native } from "../../native.js";
import { descriptorOf, functionToString, prototypeOf, stringSlice, stringStartsWith } from "../../primordials.js";

// A chain of prototypes can be as long as a tenant likes.
const CHAIN_LENGTH_MAX = 100;

/** The data property `key` of an object or of what it inherits from; undefined also if it is an accessor. */
export function dataProperty(object, key) {
  let holder = object;
  for (let i = 0; holder !== null && i < CHAIN_LENGTH_MAX; i++) {
    if (native.kindOf(holder) === kind.PROXY) return undefined;
    const descriptor = descriptorOf(holder, key);
    if (descriptor !== undefined) return descriptor.value;
    holder = prototypeOf(holder);
  }
  return undefined;
}

/** The name of the class that made an object, or undefined if none did. */
export function className(object) {
  let holder = prototypeOf(object);
  for (let i = 0; holder !== null && i < CHAIN_LENGTH_MAX; i++) {
    if (native.kindOf(holder) === kind.PROXY) return undefined;
    const name = nameOfMaker(descriptorOf(holder, "constructor")?.value, holder);
    if (name !== undefined) return name;
    holder = prototypeOf(holder);
  }
  return undefined;
}

// A constructor counts only for the prototype that is its own: anybody can write anything into `constructor`.
function nameOfMaker(constructor, prototype) {
  if (typeof constructor !== "function" || native.kindOf(constructor) !== kind.FUNCTION) return undefined;
  if (descriptorOf(constructor, "prototype")?.value !== prototype) return undefined;
  const name = functionName(constructor);
  return name === "" ? undefined : name;
}

export function functionName(fn) {
  const name = descriptorOf(fn, "name")?.value;
  return typeof name === "string" ? name : "";
}

/** What Symbol.toStringTag adds to what the class says already; "" if nothing. */
export function tagOf(object, constructor) {
  const tag = dataProperty(object, Symbol.toStringTag);
  return typeof tag === "string" && tag !== "" && tag !== constructor ? tag : "";
}

/** What stands before an object's braces, as `Class(size) [tag] `. */
export function prefixOf(constructor, tag, fallback, size = "") {
  const shown = tag === "" || tag === fallback ? "" : `[${tag}] `;
  return constructor === undefined ? `[${fallback}${size}: null prototype] ${shown}` : `${constructor}${size} ${tag === "" ? "" : `[${tag}] `}`;
}

/** A function as `[Function: name]` or `[class Name extends Base]`. */
export function functionText(fn) {
  const name = functionName(fn);
  const source = functionToString(fn);
  if (stringStartsWith(source, "class") && stringSlice(source, -1) === "}") return classText(fn, name);
  const constructor = className(fn);
  const sort = constructor === "AsyncFunction" || constructor === "GeneratorFunction" || constructor === "AsyncGeneratorFunction" ? constructor : "Function";
  const base = `[${sort}${name === "" ? " (anonymous)" : `: ${name}`}`;
  return constructor === undefined ? `${base}] [null prototype]` : `${base}]`;
}

function classText(fn, name) {
  const base = prototypeOf(fn);
  const baseName = typeof base === "function" && native.kindOf(base) === kind.FUNCTION ? functionName(base) : "";
  return `[class ${name === "" ? "(anonymous)" : name}${baseName === "" ? "" : ` extends ${baseName}`}]`;
}
