// Timers (https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html), queueMicrotask, and
// `scheduler.wait`, the timer that is a promise.
import { defineInterface, dictionary, illegalConstructor, long, requireArguments } from "./webidl.js";
import { abortReason, addAbortAlgorithm, isAbortSignal, isAborted, removeAbortAlgorithm } from "./abort.js";
import { reportException } from "./event-target.js";
import { native } from "./native.js";

const apply = Reflect.apply;
const global = globalThis;
const Promise = globalThis.Promise;

export function setTimeout(callback, delay = 0, ...args) {
  requireArguments(arguments.length, 1, "setTimeout");
  return startTimer("setTimeout", callback, delay, args, false);
}

export function setInterval(callback, delay = 0, ...args) {
  requireArguments(arguments.length, 1, "setInterval");
  return startTimer("setInterval", callback, delay, args, true);
}

export function clearTimeout(id = 0) {
  native.timerCancel(long(id));
}

export function clearInterval(id = 0) {
  native.timerCancel(long(id));
}

for (const one of [setTimeout, setInterval]) Object.defineProperty(one, "length", { value: 1, configurable: true });

function startTimer(what, callback, delay, args, repeat) {
  const run = requireFunction(what, callback);
  const milliseconds = long(delay);
  return native.timerStart(() => callAndReport(run, args), milliseconds > 0 ? milliseconds : 0, repeat);
}

export function queueMicrotask(callback) {
  requireArguments(arguments.length, 1, "queueMicrotask");
  runAsMicrotask(requireFunction("queueMicrotask", callback));
}

// Why an async function: `await undefined` costs exactly one microtask, keeps the event that the code belongs to, and
// looks up nothing that a tenant may have patched.
async function runAsMicrotask(callback) {
  await undefined;
  try {
    callback();
  } catch (error) {
    reportException(error);
  }
}

function callAndReport(callback, args) {
  try {
    apply(callback, global, args);
  } catch (error) {
    reportException(error);
  }
}

function requireFunction(what, callback) {
  if (typeof callback === "function") return callback;
  // A string would be code: HTML allows it, a sandbox that forbids `eval` does not.
  throw new TypeError(`${what}: the callback is not a function.`);
}

const MADE_HERE = {};

export class Scheduler {
  // Only a brand: a wrong receiver must not pass.
  #brand;

  constructor(token) {
    if (token !== MADE_HERE) illegalConstructor();
  }

  async wait(delay, options = undefined) {
    this.#brand;
    requireArguments(arguments.length, 1, "Scheduler.wait");
    const milliseconds = long(delay);
    const signal = signalOf(dictionary(options, "Scheduler.wait: the options"));
    if (signal !== undefined && isAborted(signal)) throw abortReason(signal);
    await new Promise((resolve, reject) => waitFor(milliseconds > 0 ? milliseconds : 0, signal, resolve, reject));
  }
}
defineInterface(Scheduler, "Scheduler");

export const scheduler = new Scheduler(MADE_HERE);

function signalOf({ signal }) {
  if (signal === undefined || isAbortSignal(signal)) return signal;
  throw new TypeError("Scheduler.wait: the signal is not an AbortSignal.");
}

function waitFor(milliseconds, signal, resolve, reject) {
  const onAbort = (reason) => {
    native.timerCancel(timer);
    reject(reason);
  };
  const timer = native.timerStart(
    () => {
      if (signal !== undefined) removeAbortAlgorithm(signal, onAbort);
      resolve();
    },
    milliseconds,
    false,
  );
  if (signal !== undefined) addAbortAlgorithm(signal, onAbort);
}
