// What arguments must be, as Node says it.
import { invalidType, invalidValue, outOfRange } from "./errors.js";

export function requireString(value, name) {
  if (typeof value !== "string") throw invalidType(name, "of type string", value);
}

export function requireFunction(value, name) {
  if (typeof value !== "function") throw invalidType(name, "of type function", value);
}

export function requireBoolean(value, name) {
  if (typeof value !== "boolean") throw invalidType(name, "of type boolean", value);
}

export function requireNumber(value, name, min = undefined, max = undefined) {
  if (typeof value !== "number") throw invalidType(name, "of type number", value);
  const isBelow = min !== undefined && !(value >= min);
  if (isBelow || (max !== undefined && !(value <= max))) {
    const range = max === undefined ? `>= ${min}` : min === undefined ? `<= ${max}` : `>= ${min} && <= ${max}`;
    throw outOfRange(name, range, value);
  }
}

export function requireInteger(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  if (typeof value !== "number") throw invalidType(name, "of type number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
}

export function requireUint32(value, name) {
  requireInteger(value, name, 0, 4294967295);
}

export function requireObject(value, name) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw invalidType(name, "of type object", value);
}

export function requireArray(value, name) {
  if (!Array.isArray(value)) throw invalidType(name, "an instance of Array", value);
}

export function requireOneOf(value, name, allowed) {
  if (allowed.includes(value)) return;
  const list = allowed.map((one) => (typeof one === "string" ? `'${one}'` : String(one))).join(", ");
  throw invalidValue(name, value, `must be one of: ${list}`);
}

export function requireSignal(value, name) {
  if (value !== undefined && (value === null || typeof value !== "object" || !("aborted" in value))) {
    throw invalidType(name, "an instance of AbortSignal", value);
  }
}
