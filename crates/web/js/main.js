// The global object of every isolate, and the hooks that Rust calls. This file is evaluated last, once, while the startup
// snapshot is made.
import "./bounded/index.js";
import { freezeClocks } from "./clock.js";
import { AbortController, AbortSignal } from "./abort.js";
import { atob, btoa } from "./base64.js";
import { Blob, File } from "./blob.js";
import { Cloudflare, importable } from "./compatibility.js";
import { console } from "./console.js";
import { Crypto, crypto } from "./crypto.js";
import { DOMException } from "./dom-exception.js";
import { TextDecoder, TextEncoder } from "./encoding.js";
import { Event, EventTarget, setReportException } from "./event-target.js";
import { fetch } from "./fetch.js";
import { ServiceWorkerGlobalScope, WorkerGlobalScope } from "./global-scope.js";
import { Headers } from "./headers.js";
import { Navigator, navigator } from "./navigator.js";
import "./platform-values.js";
import { registerPlatformInterface } from "./registered.js";
import { Request } from "./request.js";
import { Response } from "./response.js";
import { Scheduler, clearInterval, clearTimeout, queueMicrotask, scheduler, setInterval, setTimeout } from "./timers.js";
import { URL, URLSearchParams } from "./url.js";
import { countWasmMemories } from "./wasm.js";
import * as lazy from "./lazy.js";
import "./lazy-tables.js";
import * as worker from "./worker.js";
import { report } from "./report-error.js";
import * as recording from "./recording.js";
import { serveFirstEvents } from "./warm-up.js";
import { applyFlags } from "./compatibility-globals.js";

const { apply } = Reflect;

const interfaces = {
  AbortController,
  AbortSignal,
  Blob,
  Crypto,
  DOMException,
  Event,
  EventTarget,
  File,
  Headers,
  Navigator,
  Request,
  Response,
  Scheduler,
  ServiceWorkerGlobalScope,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  WorkerGlobalScope,
  ExecutionContext: worker.ExecutionContext,
  ExtendableEvent: worker.ExtendableEvent,
  FetchEvent: worker.FetchEvent,
  ScheduledController: worker.ScheduledController,
  ScheduledEvent: worker.ScheduledEvent,
};

const operations = {
  addEventListener: worker.addEventListener,
  atob,
  btoa,
  clearInterval,
  clearTimeout,
  dispatchEvent: worker.dispatchEvent,
  fetch,
  queueMicrotask,
  removeEventListener: worker.removeEventListener,
  reportError,
  setInterval,
  setTimeout,
  structuredClone,
};

const attributes = { console, crypto, navigator, origin: "null", scheduler };

/** What HTML has `structuredClone` do; how is loaded at the first call. */
function structuredClone(value, options = undefined) {
  return apply(lazy.load("lazy/structured-clone.js").structuredClone, undefined, arguments);
}

/** Reports an error as if nobody had caught it (HTML, "reportError"). */
function reportError(error) {
  if (arguments.length === 0) throw new TypeError("reportError: 1 argument required, but only 0 present.");
  report(error);
}

// Interfaces and the console are not enumerable, operations and attributes are: as Web IDL has it.
function install() {
  const define = (name, value, enumerable) =>
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable, configurable: true });
  for (const [name, value] of Object.entries(interfaces)) define(name, value, false);
  for (const [name, value] of Object.entries(operations)) define(name, value, true);
  for (const [name, value] of Object.entries(attributes)) define(name, value, name !== "console");
  define("Cloudflare", Cloudflare, false);
  define("self", globalThis, true);
  Object.setPrototypeOf(globalThis, ServiceWorkerGlobalScope.prototype);
  // Memory that two threads share is a clock: a thread that counts. There are no threads either, but nothing is lost.
  delete globalThis.Atomics.wait;
  delete globalThis.Atomics.waitAsync;
}

freezeClocks();
install();
lazy.install();
setReportException(report);
for (const value of Object.values(interfaces)) registerPlatformInterface(value);

export const { abortRequest, dispatchFetch, dispatchRpc, dispatchScheduled, endEvent, rejectionHandled, setWorker, unhandledRejection } = worker;

export { checkSoundness } from "./soundness.js";

let modules;

const modulesOf = (env) => {
  let workers;
  const ofWorkers = () => (workers ??= lazy.load("lazy/workers-module.js").workersModule(env));
  return (modules = (specifier) => {
    const name = importable(specifier);
    if (name === undefined) throw new Error(`No such module \`${specifier}\`: the modules of Node.js are there for workers with "nodejs_compat" in their compatibility_flags.`);
    return name === "cloudflare:workers" ? ofWorkers() : lazy.builtin(name);
  });
};

/**
 * The modules that a worker can import besides its own: a function that gives the exports of one by its name. Called in each
 * isolate before any of the worker's code runs, with what its `env` shall hold.
 */
export function builtinModules(bindings, format) {
  prepareContext();
  applyFlags();
  return modulesOf(worker.setBindings(bindings, format));
}

// What V8 does to each context after the snapshot.
function prepareContext() {
  delete globalThis.SharedArrayBuffer;
  countWasmMemories();
}

/**
 * As `builtinModules`, in an isolate whose heap will be kept: its `env` is empty until `resumeWorker`. `text` is the code of
 * the worker's modules.
 */
export function beginRecording(text) {
  delete globalThis.SharedArrayBuffer;
  lazy.loadMentioned(text);
  applyFlags();
  return modulesOf(recording.begin(worker.setBindings({}, "modules")));
}

export const { end: endRecording } = recording;

/** Called in each isolate that starts from a kept heap, before its first event, as `builtinModules` is in others. */
export function resumeWorker(bindings) {
  prepareContext();
  worker.fillBindings(bindings);
  return modules;
}

/** Called once, when Mote is built, for the code of what is loaded late. */
export const warmUpLate = () => lazy.load("lazy/warm-up.js").warmUp();

/** Called once, when the snapshot is made, for the code that the first event of a worker needs to be in it. */
export function warmUp() {
  prepareContext();
  modulesOf(worker.setBindings({}, "modules"));
  serveFirstEvents();
}
