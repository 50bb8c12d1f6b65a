// `node:util`.
import { TextDecoder, TextEncoder } from "../encoding.js";
import { loaded } from "../lazy.js";
import { MIMEParams, MIMEType } from "./internal/mime-type.js";
import {
  _errnoException, _exceptionWithHostPort, convertProcessSignalToExitCode, getCallSites, getSystemErrorMap, getSystemErrorMessage, getSystemErrorName,
} from "./internal/system-errors.js";
import { error, invalidType } from "./internal/errors.js";
import { isDeepStrictEqual } from "./internal/deep-equal.js";
import { format, formatWithOptions, inspect } from "./internal/inspect.js";
import { parseArgs } from "./internal/parse-args.js";
import { requireFunction, requireOneOf, requireString } from "./internal/validate.js";
import types from "./util/types.js";

const apply = Reflect.apply;
const { setTimeout } = globalThis;
const customPromisify = Symbol.for("nodejs.util.promisify.custom");
const promisifyArguments = Symbol("customPromisifyArgs");

export function promisify(original) {
  requireFunction(original, "original");
  if (original === setTimeout) return (delay, value) => new Promise((resolve) => setTimeout(resolve, delay, value));
  if (original[customPromisify]) {
    const made = original[customPromisify];
    requireFunction(made, "util.promisify.custom");
    return Object.defineProperty(made, customPromisify, { value: made, enumerable: false, writable: false, configurable: true });
  }
  const names = original[promisifyArguments];
  function promised(...args) {
    return new Promise((resolve, reject) => {
      apply(original, this, [
        ...args,
        (failure, ...values) => {
          if (failure) return reject(failure);
          if (names === undefined || values.length <= 1) return resolve(values[0]);
          resolve(Object.fromEntries(names.map((name, i) => [name, values[i]])));
        },
      ]);
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  Object.defineProperty(promised, customPromisify, { value: promised, enumerable: false, writable: false, configurable: true });
  return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = customPromisify;

export function callbackify(original) {
  requireFunction(original, "original");
  function callbackified(...args) {
    const callback = args.pop();
    requireFunction(callback, "last argument");
    const bound = callback.bind(this);
    apply(original, this, args).then(
      (value) => queueMicrotask(() => bound(null, value)),
      (reason) => queueMicrotask(() => bound(reason || withoutReason(reason))),
    );
  }
  const descriptors = Object.getOwnPropertyDescriptors(original);
  if (typeof descriptors.length.value === "number") descriptors.length.value++;
  if (typeof descriptors.name.value === "string") descriptors.name.value += "Callbackified";
  return Object.defineProperties(callbackified, descriptors);
}

const withoutReason = (reason) => error("ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value", { reason });

export function inherits(constructor, parent) {
  if (typeof constructor !== "function") throw invalidType("ctor", "of type function", constructor);
  if (typeof parent !== "function") throw invalidType("superCtor", "of type function", parent);
  if (parent.prototype === undefined) throw invalidType("superCtor.prototype", "of type object", parent.prototype);
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

const warned = new Set();

export function deprecate(callback, message, code = undefined) {
  let told = false;
  function deprecated(...args) {
    if (!told) {
      told = true;
      if (code === undefined || !warned.has(code)) {
        warned.add(code);
        console.warn(`${code === undefined ? "" : `[${code}] `}DeprecationWarning: ${message}`);
      }
    }
    return new.target ? Reflect.construct(callback, args, new.target) : apply(callback, this, args);
  }
  Object.setPrototypeOf(deprecated, callback);
  if (callback.prototype) deprecated.prototype = callback.prototype;
  return deprecated;
}

// NODE_DEBUG is not read: nothing is logged.
export function debuglog() {
  const log = () => {};
  Object.defineProperty(log, "enabled", { get: () => false, configurable: true, enumerable: true });
  return log;
}
export const debug = debuglog;

export function stripVTControlCharacters(text) {
  requireString(text, "str");
  // CSI and OSC sequences.
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u001b\u009b][[\]()#;?]*(?:(?:(?:;?[-a-zA-Z\d/#&.:=?%@~_]+)*|[a-zA-Z\d]+(?:;[-a-zA-Z\d/#&.:=?%@~_]*)*)?(?:\u0007|\u001b\\|\u009c)|(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~])/g, "");
}

export function styleText(style, text) {
  requireString(text, "text");
  const escape = (code) => `\u001b[${code}m`;
  let [start, end] = ["", ""];
  for (const one of Array.isArray(style) ? style : [style]) {
    const codes = inspect.colors[one];
    if (codes === undefined) requireOneOf(one, "format", Object.keys(inspect.colors));
    start += escape(codes[0]);
    end = escape(codes[1]) + end;
  }
  return start + text + end;
}

export const toUSVString = (text) => `${text}`.toWellFormed();

/** A promise that is fulfilled when the signal is aborted. */
export function aborted(signal, resource) {
  if (typeof signal !== "object" || signal === null || !("aborted" in signal)) return Promise.reject(invalidType("signal", "an instance of AbortSignal", signal));
  if (typeof resource !== "object" || resource === null) return Promise.reject(invalidType("resource", "of type object", resource));
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

export const isBuffer = (value) => loaded("node/buffer.js")?.Buffer.isBuffer(value) ?? false;
/** Prints with the time of day before it, as old programs do. */
export const log = (...args) => console.log("%s - %s", new Date().toTimeString().slice(0, 8), format(...args));
// There is no signal that a trace could be told by.
export const setTraceSigInt = () => {};
export const getCallSite = getCallSites;

/** Reads the text of an `.env` file. */
export function parseEnv(content) {
  requireString(content, "content");
  const result = {};
  const line = /^\s*(?:export\s+)?([\w.-]+)\s*=[ \t]*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^#\r\n]*))/gm;
  for (const [, name, double, single, tick, bare] of content.matchAll(line)) {
    result[name] = double === undefined ? (single ?? tick ?? bare.trim()) : double.replaceAll("\\n", "\n");
  }
  return result;
}

export const transferableAbortController = () => new AbortController();
export const transferableAbortSignal = (signal) => signal;

export function _extend(target, source) {
  return source === null || typeof source !== "object" ? target : Object.assign(target, source);
}

export const isArray = Array.isArray;
export const isBoolean = (value) => typeof value === "boolean";
export const isNull = (value) => value === null;
export const isNullOrUndefined = (value) => value === null || value === undefined;
export const isNumber = (value) => typeof value === "number";
export const isString = (value) => typeof value === "string";
export const isSymbol = (value) => typeof value === "symbol";
export const isUndefined = (value) => value === undefined;
export const isRegExp = types.isRegExp;
export const isObject = (value) => value !== null && typeof value === "object";
export const isDate = types.isDate;
export const isError = (value) => types.isNativeError(value) || value instanceof Error;
export const isFunction = (value) => typeof value === "function";
export const isPrimitive = (value) => value === null || (typeof value !== "object" && typeof value !== "function");

export { MIMEParams, MIMEType, TextDecoder, TextEncoder, _errnoException, _exceptionWithHostPort, convertProcessSignalToExitCode, format, formatWithOptions, getCallSites, getSystemErrorMap, getSystemErrorMessage, getSystemErrorName, inspect, isDeepStrictEqual, parseArgs, types };

export default {
  MIMEParams,
  MIMEType,
  TextDecoder,
  TextEncoder,
  _errnoException,
  _exceptionWithHostPort,
  _extend,
  aborted,
  callbackify,
  convertProcessSignalToExitCode,
  debug,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  getCallSite,
  getCallSites,
  getSystemErrorMap,
  getSystemErrorMessage,
  getSystemErrorName,
  inherits,
  inspect,
  isArray,
  isBoolean,
  isBuffer,
  isDate,
  isDeepStrictEqual,
  isError,
  isFunction,
  isNull,
  isNullOrUndefined,
  isNumber,
  isObject,
  isPrimitive,
  isRegExp,
  isString,
  isSymbol,
  isUndefined,
  log,
  parseArgs,
  parseEnv,
  promisify,
  setTraceSigInt,
  stripVTControlCharacters,
  styleText,
  toUSVString,
  transferableAbortController,
  transferableAbortSignal,
  types,
};
