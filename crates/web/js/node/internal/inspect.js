// `util.inspect`, on the inspector behind `console`, and `util.format`.
import { inspect as show } from "../../lazy/inspect.js";
import { native } from "../../native.js";
import * as kind from "../../kinds.js";

export const custom = Symbol.for("nodejs.util.inspect.custom");

const defaultOptions = {
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
};

/** Of the options, `customInspect`, `showProxy`, `getters` and `numericSeparator` do not count. */
export function inspect(value, options = undefined, legacyDepth = undefined) {
  const isLegacy = typeof options === "boolean";
  const given = isLegacy ? { showHidden: options, depth: legacyDepth ?? undefined } : options;
  const { depth = defaultOptions.depth, showHidden = defaultOptions.showHidden } = given ?? {};
  return show(value, { depth: depth === null ? Infinity : depth, showHidden: Boolean(showHidden), style: styleOf({ ...defaultOptions, ...given }) });
}

// A number as it counts here: null stands for as much as there is.
const countOf = (value, otherwise) => (value === null ? Infinity : typeof value === "number" && value >= 0 ? value : otherwise);

function styleOf({ maxArrayLength, maxStringLength, breakLength, compact, sorted, colors }) {
  const style = {
    itemsMax: countOf(maxArrayLength, 100),
    stringMax: countOf(maxStringLength, 10000),
    width: countOf(breakLength, 80),
    united: compact === true ? Infinity : compact === false ? 0 : countOf(compact, 3),
  };
  if (sorted) style.inOrder = (parts) => parts.sort(typeof sorted === "function" ? sorted : undefined);
  if (colors) style.paint = painted;
  return style;
}

function painted(text, value) {
  const color = inspect.colors[inspect.styles[value === null ? "null" : typeof value]];
  return color === undefined ? text : `\u001b[${color[0]}m${text}\u001b[${color[1]}m`;
}

inspect.custom = custom;
inspect.defaultOptions = defaultOptions;
inspect.colors = {
  __proto__: null,
  reset: [0, 0],
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  blink: [5, 25],
  inverse: [7, 27],
  hidden: [8, 28],
  strikethrough: [9, 29],
  doubleunderline: [21, 24],
  black: [30, 39],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  white: [37, 39],
  bgBlack: [40, 49],
  bgRed: [41, 49],
  bgGreen: [42, 49],
  bgYellow: [43, 49],
  bgBlue: [44, 49],
  bgMagenta: [45, 49],
  bgCyan: [46, 49],
  bgWhite: [47, 49],
  framed: [51, 54],
  overlined: [53, 55],
  gray: [90, 39],
  grey: [90, 39],
  redBright: [91, 39],
  greenBright: [92, 39],
  yellowBright: [93, 39],
  blueBright: [94, 39],
  magentaBright: [95, 39],
  cyanBright: [96, 39],
  whiteBright: [97, 39],
  bgGray: [100, 49],
  bgRedBright: [101, 49],
  bgGreenBright: [102, 49],
  bgYellowBright: [103, 49],
  bgBlueBright: [104, 49],
  bgMagentaBright: [105, 49],
  bgCyanBright: [106, 49],
  bgWhiteBright: [107, 49],
};
inspect.styles = {
  __proto__: null,
  special: "cyan",
  number: "yellow",
  bigint: "yellow",
  boolean: "yellow",
  undefined: "grey",
  null: "bold",
  string: "green",
  symbol: "green",
  date: "magenta",
  regexp: "red",
  module: "underline",
};

export const format = (...args) => formatWithOptions({}, ...args);

export function formatWithOptions(options, ...args) {
  if (args.length === 0) return "";
  let text = "";
  let used = 0;
  if (typeof args[0] === "string") {
    if (args.length === 1) return args[0];
    ({ text, used } = fill(args, options));
  }
  for (let i = used; i < args.length; i++) {
    if (i > 0) text += " ";
    text += typeof args[i] === "string" ? args[i] : inspect(args[i], options);
  }
  return text;
}

// Puts arguments in the places of their specifiers; gives the text and how many arguments are used up.
function fill(args, options) {
  const template = args[0];
  let text = "";
  let used = 1;
  let copied = 0;
  for (let at = template.indexOf("%"); at !== -1 && at + 1 < template.length; ) {
    const specifier = template[at + 1];
    let shown;
    if (specifier === "%") shown = "%";
    else if (used < args.length) {
      shown = specified(specifier, args[used], options);
      if (shown !== undefined) used++;
    }
    if (shown !== undefined) {
      text += template.slice(copied, at) + shown;
      copied = at + 2;
      at = template.indexOf("%", at + 2);
    } else {
      at = template.indexOf("%", at + 1);
    }
  }
  return { text: text + template.slice(copied), used };
}

const numberText = (number) => (Object.is(number, -0) ? "-0" : `${number}`);

function specified(specifier, value, options) {
  switch (specifier) {
    case "s":
      return asString(value, options);
    case "d":
      if (typeof value === "bigint") return `${value}n`;
      return typeof value === "symbol" ? "NaN" : numberText(Number(value));
    case "i":
      if (typeof value === "bigint") return `${value}n`;
      return typeof value === "symbol" ? "NaN" : numberText(parseInt(value));
    case "f":
      return typeof value === "symbol" ? "NaN" : numberText(parseFloat(value));
    case "j":
      return asJson(value);
    case "o":
      return inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 });
    case "O":
      return inspect(value, options);
    case "c":
      return "";
    default:
      return undefined;
  }
}

function asString(value, options) {
  if (typeof value === "number") return numberText(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null || hasOwnText(value)) return String(value);
  return inspect(value, { ...options, depth: 0 });
}

const BUILT_IN = new Set([Array, Boolean, Date, Error, Function, Map, Number, Object, Promise, RegExp, Set, String, WeakMap, WeakSet, TypeError, RangeError, SyntaxError, Uint8Array]);

// Has somebody taken the trouble to say how this object is to be a string?
function hasOwnText(value) {
  if (native.kindOf(value) === kind.PROXY) return false;
  if (typeof value[Symbol.toPrimitive] === "function" && native.kindOf(value) !== kind.DATE) return true;
  if (typeof value.toString !== "function") return true;
  if (Object.hasOwn(value, "toString")) return true;
  let holder = value;
  do holder = Object.getPrototypeOf(holder);
  while (holder !== null && !Object.hasOwn(holder, "toString"));
  const constructor = holder !== null && Object.getOwnPropertyDescriptor(holder, "constructor")?.value;
  return typeof constructor === "function" && !BUILT_IN.has(constructor);
}

function asJson(value) {
  try {
    return `${JSON.stringify(value)}`;
  } catch (error) {
    if (String(error.message).includes("circular structure")) return "[Circular]";
    throw error;
  }
}
