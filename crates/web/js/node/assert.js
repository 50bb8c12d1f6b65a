// `node:assert`.
import { AssertionError } from "./internal/assertion-error.js";
import { isDeepLooseEqual, isDeepStrictEqual } from "./internal/deep-equal.js";
import { invalidType, invalidValue, typeError } from "./internal/errors.js";
import { inspect } from "./internal/inspect.js";
import { requireFunction } from "./internal/validate.js";

const apply = Reflect.apply;

function raise(options) {
  if (options.message instanceof Error) throw options.message;
  const thrown = new AssertionError({ ...options, message: options.message ?? options.otherwise });
  thrown.generatedMessage = options.message === undefined || options.message === null;
  throw thrown;
}

export function ok(...args) {
  truthy(ok, args);
}

function truthy(stackStartFn, args) {
  const [value, message] = args;
  if (value) return;
  if (args.length === 0) {
    const thrown = new AssertionError({ actual: value, expected: true, message: "No value argument passed to `assert.ok()`", operator: "==", stackStartFn });
    thrown.generatedMessage = true;
    throw thrown;
  }
  if (message instanceof Error) throw message;
  const text = message ?? "The expression evaluated to a falsy value";
  const thrown = new AssertionError({ actual: value, expected: true, message: text, operator: "==", stackStartFn });
  thrown.generatedMessage = message === undefined || message === null;
  throw thrown;
}

/** `assert(value)`. */
function assert(...args) {
  truthy(assert, args);
}

export function fail(message = "Failed") {
  if (message instanceof Error) throw message;
  const thrown = new AssertionError({ message, operator: "fail", stackStartFn: fail });
  thrown.generatedMessage = arguments.length === 0;
  throw thrown;
}

function needTwo(args) {
  if (args.length < 2) throw typeError("ERR_MISSING_ARGS", 'The "actual" and "expected" arguments must be specified');
}

function comparison(operator, holds) {
  const compare = {
    [operator](actual, expected, message) {
      needTwo(arguments);
      if (!holds(actual, expected)) raise({ actual, expected, message, operator: NAMES[operator] ?? operator, stackStartFn: compare });
    },
  }[operator];
  return compare;
}

const NAMES = { equal: "==", notEqual: "!=" };
// eslint-disable-next-line eqeqeq
const looseEqual = (one, other) => one == other || (Number.isNaN(one) && Number.isNaN(other));

export const equal = comparison("equal", looseEqual);
export const notEqual = comparison("notEqual", (one, other) => !looseEqual(one, other));
export const strictEqual = comparison("strictEqual", Object.is);
export const notStrictEqual = comparison("notStrictEqual", (one, other) => !Object.is(one, other));
export const deepEqual = comparison("deepEqual", isDeepLooseEqual);
export const notDeepEqual = comparison("notDeepEqual", (one, other) => !isDeepLooseEqual(one, other));
export const deepStrictEqual = comparison("deepStrictEqual", isDeepStrictEqual);
export const notDeepStrictEqual = comparison("notDeepStrictEqual", (one, other) => !isDeepStrictEqual(one, other));

// What an error must be like: a class, a pattern, an object of properties, or a function that says so.
function requireExpected(actual, expected, message, stackStartFn) {
  const operator = stackStartFn.name;
  if (typeof expected === "function") {
    if (expected.prototype !== undefined && actual instanceof expected) return;
    if (Error.isPrototypeOf(expected) || expected === Error) {
      const shown = actual instanceof Error ? `"${actual.constructor?.name ?? actual.name}"\n\nError message:\n\n${actual.message}` : `"${inspect(actual, { depth: -1 })}"`;
      raise({ actual, expected, message, otherwise: `The error is expected to be an instance of "${expected.name}". Received ${shown}`, operator, stackStartFn });
    }
    if (apply(expected, {}, [actual]) === true) return;
    const name = expected.name ? `"${expected.name}" ` : "";
    raise({ actual, expected, message, otherwise: `The ${name}validation function is expected to return "true". Received ${inspect(apply(expected, {}, [actual]))}\n\nCaught error:\n\n${actual}`, operator, stackStartFn });
    return;
  }
  if (expected instanceof RegExp) {
    const text = String(actual);
    if (expected.test(text)) return;
    raise({ actual, expected, message, otherwise: `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(text)}\n`, operator, stackStartFn });
  }
  if (typeof actual !== "object" || actual === null) raise({ actual, expected, message, operator: "deepStrictEqual", stackStartFn });
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push("name", "message");
  else if (keys.length === 0) throw invalidValue("error", expected, "may not be an empty object");
  for (const key of keys) {
    if (typeof actual[key] === "string" && expected[key] instanceof RegExp && expected[key].test(actual[key])) continue;
    if (key in actual && isDeepStrictEqual(actual[key], expected[key])) continue;
    const part = (object) => Object.fromEntries(keys.filter((one) => one in object).map((one) => [one, object[one]]));
    const thrown = new AssertionError({ actual: part(actual), expected: part(expected), message, operator: "deepStrictEqual", stackStartFn });
    thrown.actual = actual;
    thrown.expected = expected;
    thrown.operator = operator;
    throw thrown;
  }
}

const NOTHING = Symbol("nothing");

function thrownBy(work) {
  requireFunction(work, "fn");
  try {
    work();
  } catch (error) {
    return error;
  }
  return NOTHING;
}

async function rejectionOf(work) {
  let promise = work;
  if (typeof work === "function") {
    promise = work();
    if (typeof promise?.then !== "function") throw typeError("ERR_INVALID_RETURN_VALUE", `Expected instance of Promise to be returned from the "promiseFn" function but got ${promise === null ? "null" : `type ${typeof promise}`}.`);
  } else if (typeof promise?.then !== "function") {
    throw invalidType("promiseFn", "of type function or an instance of Promise", work);
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return NOTHING;
}

function expectError(stackStartFn, actual, expected, message) {
  let [wanted, text] = [expected, message];
  if (typeof wanted === "string") {
    if (message !== undefined) throw invalidType("error", "of type function or an instance of Error, RegExp, or Object", wanted);
    if (actual !== NOTHING && (actual === wanted || actual?.message === wanted)) {
      throw typeError("ERR_AMBIGUOUS_ARGUMENT", `The "error/message" argument is ambiguous. The error ${typeof actual === "object" ? "message " : ""}"${wanted}" is identical to the message.`);
    }
    [wanted, text] = [undefined, wanted];
  } else if (wanted !== undefined && wanted !== null && typeof wanted !== "object" && typeof wanted !== "function") {
    throw invalidType("error", "of type function or an instance of Error, RegExp, or Object", wanted);
  }
  if (actual === NOTHING) {
    const name = wanted?.name ? ` (${wanted.name})` : "";
    const what = stackStartFn === rejects ? "rejection" : "exception";
    raise({ actual: undefined, expected: wanted, operator: stackStartFn.name, message: text instanceof Error ? text : `Missing expected ${what}${name}${text ? `: ${text}` : "."}`, stackStartFn });
  }
  if (wanted !== undefined && wanted !== null) requireExpected(actual, wanted, text, stackStartFn);
}

export function throws(work, expected, message) {
  expectError(throws, thrownBy(work), expected, message);
}

export async function rejects(work, expected, message) {
  expectError(rejects, await rejectionOf(work), expected, message);
}

function expectNone(stackStartFn, actual, expected, message) {
  if (actual === NOTHING) return;
  const text = typeof expected === "string" ? expected : message;
  if (typeof expected === "function" && !(actual instanceof expected)) throw actual;
  const what = stackStartFn === doesNotReject ? "rejection" : "exception";
  raise({ actual, expected, operator: stackStartFn.name, message: `Got unwanted ${what}${text ? `: ${text}` : "."}\nActual message: "${actual?.message}"`, stackStartFn });
}

export function doesNotThrow(work, expected, message) {
  expectNone(doesNotThrow, thrownBy(work), expected, message);
}

export async function doesNotReject(work, expected, message) {
  expectNone(doesNotReject, await rejectionOf(work), expected, message);
}

export function ifError(value) {
  if (value === undefined || value === null) return;
  const text = value instanceof Error ? value.message || value.constructor.name : inspect(value);
  const thrown = new AssertionError({ actual: value, expected: null, operator: "ifError", message: `ifError got unwanted exception: ${text}`, stackStartFn: ifError });
  thrown.generatedMessage = true;
  throw thrown;
}

function matching(stackStartFn, text, pattern, message, wanted) {
  if (!(pattern instanceof RegExp)) throw invalidType("regexp", "an instance of RegExp", pattern);
  if (typeof text === "string" && pattern.test(text) === wanted) return;
  if (message instanceof Error) throw message;
  const start = typeof text !== "string" ? `The "string" argument must be of type string. Received type ${typeof text} (${inspect(text)})` : `The input ${wanted ? "did not match" : "was expected to not match"} the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`;
  const thrown = new AssertionError({ actual: text, expected: pattern, message: message ?? start, operator: stackStartFn.name, stackStartFn });
  thrown.generatedMessage = message === undefined;
  throw thrown;
}

export function match(text, pattern, message) {
  matching(match, text, pattern, message, true);
}

export function doesNotMatch(text, pattern, message) {
  matching(doesNotMatch, text, pattern, message, false);
}

function strictAssert(...args) {
  truthy(strictAssert, args);
}

const members = { AssertionError, deepEqual, deepStrictEqual, doesNotMatch, doesNotReject, doesNotThrow, equal, fail, ifError, match, notDeepEqual, notDeepStrictEqual, notEqual, notStrictEqual, ok, rejects, strictEqual, throws };
Object.assign(assert, members);
export const strict = Object.assign(strictAssert, members, {
  equal: strictEqual,
  deepEqual: deepStrictEqual,
  notEqual: notStrictEqual,
  notDeepEqual: notDeepStrictEqual,
});
assert.strict = strict.strict = strict;

export { AssertionError };
export default assert;
