// Errors as Node has them: with a `code`, which their stack shows, too.
import { inspect } from "../../lazy/inspect.js";

function made(Base, code, message, properties) {
  const error = new Base(message);
  const { name } = error;
  error.name = `${name} [${code}]`;
  // The stack's first line is written when it is read for the first time.
  void error.stack;
  delete error.name;
  error.code = code;
  Object.defineProperty(error, "toString", {
    value() {
      return `${this.name} [${code}]: ${this.message}`;
    },
    writable: true,
    enumerable: false,
    configurable: true,
  });
  if (properties !== undefined) Object.assign(error, properties);
  return error;
}

export const error = (code, message, properties) => made(Error, code, message, properties);
export const typeError = (code, message) => made(TypeError, code, message);
export const rangeError = (code, message) => made(RangeError, code, message);

/** What Node says of a value that is of the wrong type. */
export function received(value) {
  if (value === undefined || value === null) return `Received ${value}`;
  if (typeof value === "function") return `Received function ${value.name}`;
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return name ? `Received an instance of ${name}` : `Received ${inspect(value, { depth: -1 })}`;
  }
  let shown = inspect(value);
  if (shown.length > 28) shown = `${shown.slice(0, 25)}...`;
  return `Received type ${typeof value} (${shown})`;
}

/** `wanted` is what Node's message says: "of type string". */
export function invalidType(name, wanted, value) {
  const what = name.endsWith(" argument") ? `The ${name}` : `The "${name}" ${name.includes(".") ? "property" : "argument"}`;
  return typeError("ERR_INVALID_ARG_TYPE", `${what} must be ${wanted}. ${received(value)}`);
}

export function invalidValue(name, value, reason = "is invalid") {
  let shown = inspect(value);
  if (shown.length > 128) shown = `${shown.slice(0, 128)}...`;
  const what = name.includes(".") ? "property" : "argument";
  return typeError("ERR_INVALID_ARG_VALUE", `The ${what} '${name}' ${reason}. Received ${shown}`);
}

export function outOfRange(name, range, value) {
  let shown;
  if (Number.isInteger(value) && Math.abs(value) > 2 ** 32) shown = withSeparators(String(value));
  else if (typeof value === "bigint") shown = `${value > 2n ** 32n || value < -(2n ** 32n) ? withSeparators(String(value)) : value}n`;
  else shown = inspect(value);
  return rangeError("ERR_OUT_OF_RANGE", `The value of "${name}" is out of range. It must be ${range}. Received ${shown}`);
}

function withSeparators(text) {
  let result = "";
  let end = text.length;
  const start = text[0] === "-" ? 1 : 0;
  for (; end >= start + 4; end -= 3) result = `_${text.slice(end - 3, end)}${result}`;
  return text.slice(0, end) + result;
}

/** What Mote does not have, and never pretends to. */
export function notImplemented(module, name) {
  return error("ERR_METHOD_NOT_IMPLEMENTED", `node:${module}: ${name} is not implemented by Mote`);
}

export class AbortError extends Error {
  constructor(message = "The operation was aborted", options = undefined) {
    super(message, options);
    this.code = "ABORT_ERR";
    this.name = "AbortError";
  }
}
