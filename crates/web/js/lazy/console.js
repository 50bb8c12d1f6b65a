// What the methods of the console do (https://console.spec.whatwg.org/). What is printed goes to the tenant's log; while a
// debugger is attached, V8's own console gets the values themselves, so that they can be unfolded there.
import { DOMString, dictionary, sequence } from "../webidl.js";
import { debuggerConsole, traceOnConsole } from "../console.js";
import { stackOf } from "../error-stack.js";
import { format } from "./inspect/format.js";
import * as lang from "../primordials.js";
import { table } from "./inspect/table.js";
import { TEXT_LENGTH_MAX, indentLines, inspect, truncated } from "./inspect.js";
import * as kind from "../kinds.js";
import { native } from "../native.js";

const stringify = JSON.stringify;

const { captureStackTrace } = Error;

// Deeper groups are not moved in further: a thousand of them would print nothing but spaces.
const INDENTATION_MAX = 64;
let indentation = "";
let groupCount = 0;
const counts = new lang.NativeMap();
const timers = new lang.NativeMap();
const remove = Function.prototype.call.bind(Map.prototype.delete);

/** The methods of `console`, by name. */
export const methods = {
  assert(condition = false, ...args) {
    forward("assert", prepended(condition, args));
    if (condition) return;
    if (args.length === 0) print("error", "Assertion failed");
    else if (typeof args[0] !== "string") print("error", formatted(prepended("Assertion failed:", args)));
    else {
      args[0] = `Assertion failed: ${args[0]}`;
      print("error", formatted(args));
    }
  },
  clear() {
    forward("clear", []);
    setGroups(0);
  },
  debug(...args) {
    log("debug", "debug", args);
  },
  error(...args) {
    log("error", "error", args);
  },
  info(...args) {
    log("info", "info", args);
  },
  log(...args) {
    log("log", "log", args);
  },
  warn(...args) {
    log("warn", "warn", args);
  },
  trace(...args) {
    forward("trace", args);
    const text = formatted(args);
    const holder = { __proto__: null, name: "Trace", message: text };
    captureStackTrace(holder, traceOnConsole);
    const stack = stackOf(holder) ?? "";
    const frames = lang.stringIndexOf(stack, "\n    at ");
    print("log", `Trace${text === "" ? "" : `: ${text}`}${frames === -1 ? "" : lang.stringSlice(stack, frames)}`);
  },
  dir(item = undefined, options = undefined) {
    forward("dir", [item, options]);
    const { depth, showHidden } = dictionary(options, "console.dir: the options");
    print("log", inspect(item, { depth: depth === undefined ? 4 : depth, showHidden: Boolean(showHidden) }));
  },
  dirxml(...args) {
    log("dirxml", "log", args);
  },
  table(data = undefined, properties = undefined) {
    forward("table", [data, properties]);
    const columns = properties === undefined ? undefined : sequence(properties, DOMString, "console.table: the properties");
    print("log", table(data, columns) ?? formatted([data]));
  },
  count(label = "default") {
    const name = DOMString(label);
    forward("count", [name]);
    const count = (lang.mapGet(counts, name) ?? 0) + 1;
    lang.mapSet(counts, name, count);
    print("info", `${name}: ${count}`);
  },
  countReset(label = "default") {
    const name = DOMString(label);
    forward("countReset", [name]);
    if (!remove(counts, name)) print("warn", `Count for '${name}' does not exist`);
  },
  group(...args) {
    group("group", args);
  },
  groupCollapsed(...args) {
    group("groupCollapsed", args);
  },
  groupEnd() {
    forward("groupEnd", []);
    if (groupCount > 0) setGroups(groupCount - 1);
  },
  time(label = "default") {
    const name = DOMString(label);
    forward("time", [name]);
    if (lang.mapGet(timers, name) !== undefined) print("warn", `Timer '${name}' already exists`);
    else lang.mapSet(timers, name, native.now());
  },
  timeLog(label = "default", ...args) {
    const name = DOMString(label);
    forward("timeLog", prepended(name, args));
    const text = elapsed(name);
    if (text !== undefined) print("log", args.length === 0 ? text : `${text} ${formatted(args)}`);
  },
  timeEnd(label = "default") {
    const name = DOMString(label);
    forward("timeEnd", [name]);
    const text = elapsed(name);
    if (text === undefined) return;
    remove(timers, name);
    print("info", text);
  },
  // Marks in a debugger's timeline: there is nothing to print.
  timeStamp(label = undefined) {
    forward("timeStamp", [label]);
  },
  profile(label = undefined) {
    forward("profile", [label]);
  },
  profileEnd(label = undefined) {
    forward("profileEnd", [label]);
  },
};

function log(method, level, args) {
  forward(method, args);
  if (args.length > 0) print(level, formatted(args), args);
}

function group(method, args) {
  forward(method, args);
  if (args.length > 0) print("log", formatted(args));
  setGroups(groupCount + 1);
}

function setGroups(count) {
  groupCount = count;
  indentation = lang.stringRepeat(" ", lang.min(count * 2, INDENTATION_MAX));
}

// Why nothing may be thrown from here: a handler must not fail because it logs.
function formatted(args) {
  try {
    return format(args);
  } catch {
    return "[uninspectable]";
  }
}

// Who reads along gets the values themselves, as far as JSON can say them.
function print(level, text, args = undefined) {
  const shown = indentation === "" ? text : indentation + indentLines(text, indentation);
  native.consoleWrite(level, truncated(shown, TEXT_LENGTH_MAX), args !== undefined && native.isReadAlong() ? messageOf(args) : undefined);
}

function messageOf(args) {
  let message = "[";
  for (let i = 0; i < args.length && message.length < TEXT_LENGTH_MAX; i++) message += (i === 0 ? "" : ",") + jsonOf(args[i]);
  return `${message}]`;
}

function jsonOf(value) {
  try {
    if (native.kindOf(value) !== kind.ERROR) {
      const json = stringify(value);
      if (json !== undefined && json.length <= TEXT_LENGTH_MAX) return json;
    }
  } catch {
    // A cycle, a getter that throws: it is shown as the console shows it.
  }
  return stringify(formatted([value]));
}

function elapsed(name) {
  const start = lang.mapGet(timers, name);
  if (start === undefined) {
    print("warn", `Timer '${name}' does not exist`);
    return undefined;
  }
  return `${name}: ${native.now() - start}ms`;
}

// Not with `...`: that asks the prototype of arrays for its iterator, which may be a tenant's.
function prepended(first, list) {
  const longer = [first];
  for (let i = 0; i < list.length; i++) longer[i + 1] = list[i];
  return longer;
}

function forward(method, args) {
  if (!native.inspectorAttached()) return;
  try {
    const target = debuggerConsole[method];
    if (target !== undefined) lang.apply(target, debuggerConsole, args);
  } catch {
    // The debugger's own trouble is not the tenant's.
  }
}
