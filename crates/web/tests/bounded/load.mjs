// The replaced built-ins, with those of the engine beside them.
export { original, room } from "./original.mjs";
await import("../../js/bounded/index.js");

/** What a call gives or throws, in a form that can be compared: kinds, holes, order of keys. */
export function outcome(work) {
  try {
    return { gave: shape(work(), new Map()) };
  } catch (error) {
    return { threw: error?.constructor?.name ?? String(error) };
  }
}

function shape(value, seen) {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return String(value);
  if (typeof value === "function") return `function ${value.name}`;
  if (seen.has(value)) return `again ${seen.get(value)}`;
  seen.set(value, seen.size);
  const kind = ArrayBuffer.isView(value) || Array.isArray(value) ? value.constructor?.name : Object.prototype.toString.call(value);
  const parts = Reflect.ownKeys(value).map((key) => {
    const { value: inner, get, writable, enumerable, configurable } = Reflect.getOwnPropertyDescriptor(value, key);
    const flags = `${writable ? "w" : ""}${enumerable ? "e" : ""}${configurable ? "c" : ""}`;
    return `${String(key)}${flags}:${get ? "getter" : shape(inner, seen)}`;
  });
  return `${kind}{${parts.join(";")}}`;
}

/** A source of numbers that are the same each time. */
export function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}
