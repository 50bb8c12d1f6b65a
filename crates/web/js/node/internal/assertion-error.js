// What `assert` throws.
import { inspect } from "./inspect.js";

const WORDS = {
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  strictEqual: "Expected values to be strictly equal:",
  deepEqual: "Expected values to be loosely deep-equal:",
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
};

// The lines of both, with a sign before those that only one has.
function difference(actual, expected) {
  const [ours, theirs] = [inspect(actual, { depth: 20 }).split("\n"), inspect(expected, { depth: 20 }).split("\n")];
  let start = 0;
  while (start < ours.length && start < theirs.length && ours[start] === theirs[start]) start++;
  let end = 0;
  while (end < ours.length - start && end < theirs.length - start && ours.at(-1 - end) === theirs.at(-1 - end)) end++;
  const lines = [
    ...ours.slice(0, start).map((line) => `  ${line}`),
    ...ours.slice(start, ours.length - end).map((line) => `+ ${line}`),
    ...theirs.slice(start, theirs.length - end).map((line) => `- ${line}`),
    ...ours.slice(ours.length - end).map((line) => `  ${line}`),
  ];
  return lines.slice(0, 200).join("\n");
}

function messageOf({ actual, expected, operator }) {
  switch (operator) {
    case "strictEqual":
    case "deepStrictEqual": {
      const [one, other] = [inspect(actual, { depth: 20 }), inspect(expected, { depth: 20 })];
      const isShort = operator === "strictEqual" && !one.includes("\n") && !other.includes("\n") && one.length + other.length <= 12 && typeof actual !== "object" && typeof actual !== "function";
      if (isShort) return `${WORDS[operator]}\n\n${one} !== ${other}\n`;
      return `${WORDS[operator]}\n+ actual - expected\n\n${difference(actual, expected)}\n`;
    }
    case "deepEqual":
      return `${WORDS[operator]}\n\n${inspect(actual)}\n\nshould loosely deep-equal\n\n${inspect(expected)}`;
    case "notStrictEqual":
    case "notDeepStrictEqual":
    case "notDeepEqual": {
      const shown = inspect(actual);
      return shown.includes("\n") ? `${WORDS[operator]}\n\n${shown}\n` : `${WORDS[operator]} ${shown}`;
    }
    default:
      return `${inspect(actual)} ${operator} ${inspect(expected)}`;
  }
}

export class AssertionError extends Error {
  constructor(options) {
    const { message, actual, expected, operator, stackStartFn } = options;
    super(message === undefined || message === null ? messageOf(options) : String(message));
    Object.defineProperty(this, "name", { value: "AssertionError [ERR_ASSERTION]", enumerable: false, writable: true, configurable: true });
    this.generatedMessage = message === undefined || message === null;
    this.code = "ERR_ASSERTION";
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    Error.captureStackTrace(this, stackStartFn);
    void this.stack;
    this.name = "AssertionError";
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}
