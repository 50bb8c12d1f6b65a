// Errors: the stack is what one wants to see of them.
import { stackOf } from "../../error-stack.js";
import { dataProperty } from "./shape.js";
import { descriptorOf, hasOwn, isEnumerable, stringIncludes, stringIndexOf, stringSlice, stringStartsWith } from "../../primordials.js";

/** An error's stack, or its name and message in brackets if it has none. */
export function errorText(error, constructor) {
  const stack = stackOf(error);
  if (stack === undefined || stack === "") return `[${headline(error, constructor)}]`;
  const text = namedAfterClass(stack, error, constructor);
  return stringIncludes(text, "\n    at ") ? text : `[${text}]`;
}

function headline(error, constructor) {
  const name = text(dataProperty(error, "name")) ?? constructor ?? "Error";
  const message = text(dataProperty(error, "message")) ?? "";
  return message === "" ? name : `${name}: ${message}`;
}

// V8 writes the inherited `name` into the stack, which is "Error" for most subclasses: their own says more.
function namedAfterClass(stack, error, constructor) {
  const name = text(dataProperty(error, "name")) ?? "Error";
  if (constructor === undefined || name === constructor || !stringStartsWith(stack, name)) return stack;
  const firstLine = stringSlice(stack, 0, endOfLine(stack));
  if (stringIncludes(firstLine, constructor)) return stack;
  const rest = stringSlice(stack, name.length);
  return name === "Error" ? constructor + rest : `${name} [${constructor}]${rest}`;
}

function endOfLine(string) {
  const end = stringIndexOf(string, "\n");
  return end === -1 ? string.length : end;
}

const text = (value) => (typeof value === "string" ? value : undefined);

/** Is this property of an error in its stack already? */
export function isInStack(error, key, stack) {
  if (key !== "name" && key !== "message" && key !== "stack") return false;
  if (key === "stack") return true;
  const value = descriptorOf(error, key)?.value;
  return typeof value === "string" && stringIncludes(stack, value);
}

/** What belongs to an error although it is not enumerable: its cause, and the errors of an AggregateError. */
export function hiddenErrorKeys(error) {
  const keys = [];
  for (const key of ["cause", "errors"]) {
    if (hasOwn(error, key) && !isEnumerable(error, key)) keys[keys.length] = key;
  }
  return keys;
}
