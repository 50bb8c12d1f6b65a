// The tenant's worker: finds its handlers and gives them the events. `dispatchFetch` is the hot path: a handler that
// returns a Response at once costs no promise and no table look-up.
import { EventTarget, dispatchTrusted, hasListeners, makeGlobalEventTarget } from "./event-target.js";
import { createExecutionContext, createScheduledController } from "./execution-context.js";
import { NO_RESPONSE, createFetchEvent, createScheduledEvent, responseOfEvent } from "./worker-events.js";
import { createIncomingRequest } from "./request.js";
import { isResponse, sendResponse } from "./response.js";
import { forgetSignalOf } from "./event-signals.js";
import { unfoldBindings } from "./bindings.js";
import { load, loaded } from "./lazy.js";
import { native } from "./native.js";

export { abortRequest } from "./event-signals.js";
export { ExecutionContext, ScheduledController } from "./execution-context.js";
export { ExtendableEvent, FetchEvent, ScheduledEvent } from "./worker-events.js";

const ownKeys = Reflect.ownKeys;
const getPrototypeOf = Object.getPrototypeOf;
const getOwnPropertyDescriptor = Object.getOwnPropertyDescriptor;
const ObjectPrototype = Object.prototype;
const catchOf = Function.prototype.call.bind(Promise.prototype.catch);
const realm = globalThis;

/** The target behind the global object; its methods work on the global object, too. */
export const globalTarget = makeGlobalEventTarget();
export const { addEventListener, removeEventListener, dispatchEvent } = EventTarget.prototype;

// --- The worker ----------------------------------------------------------------------------------------------

// What can stand behind a handler's name in a deployment.
const HANDLERS = ["fetch", "scheduled", "queue", "email", "tail", "trace", "tailStream", "alarm", "test"];

const MODULES = 1;
const CLASS = 2;
const SERVICE_WORKER = 3;

let format = 0;
// The worker's exports; the default one is an object of handlers, or a class whose instances have them.
let exports = {};
let exported;
let env;

/** Takes the worker's bindings, before any of its code runs; gives what `env` is. */
export function setBindings(bindings, kind) {
  env = unfoldBindings(bindings);
  if (kind === "service-worker") {
    format = SERVICE_WORKER;
    defineBindings(env);
  }
  return env;
}

/** Takes the worker's bindings after its top-level code has run in another isolate: `env` is the same object still. */
export function fillBindings(bindings) {
  const filled = unfoldBindings(bindings);
  const names = ownKeys(filled);
  for (let i = 0; i < names.length; i++) {
    Object.defineProperty(env, names[i], { __proto__: null, value: filled[names[i]], writable: true, enumerable: true, configurable: true });
  }
}

/** What `env` is. */
export const currentEnv = () => env;

/** The worker's namespace; undefined until its top-level code has run, and for a script. */
export const exportsOfWorker = () => (format === MODULES || format === CLASS ? exports : undefined);

/** Takes the worker's namespace; gives the names of its handlers. */
export function setWorker(namespace) {
  exports = namespace;
  if (format !== SERVICE_WORKER) {
    exported = namespace.default;
    format = isClass(exported) ? CLASS : MODULES;
  }
  return handlersOf(namespace);
}

const isClass = (value) => typeof value === "function" && value.prototype !== undefined;

// A service worker sees its bindings as global variables.
function defineBindings(bindings) {
  const names = ownKeys(bindings);
  for (let i = 0; i < names.length; i++) {
    const value = bindings[names[i]];
    Object.defineProperty(realm, names[i], { value, writable: true, enumerable: true, configurable: true });
  }
}

/** The names of the handlers that a worker has. */
export function handlersOf(namespace) {
  const names = [];
  for (let i = 0; i < HANDLERS.length; i++) {
    const name = HANDLERS[i];
    if (format === SERVICE_WORKER ? hasListeners(globalTarget, name) : hasHandler(namespace.default, name)) names[names.length] = name;
  }
  return names;
}

function hasHandler(object, name) {
  const isFunction = typeof object === "function";
  if (!isFunction && (typeof object !== "object" || object === null)) return false;
  return typeof (isFunction ? memberOf(object.prototype, name) : object[name]) === "function";
}

// A method of a class, found without running a getter on a prototype.
function memberOf(prototype, name) {
  for (let object = prototype; object !== null && object !== undefined && object !== ObjectPrototype; object = getPrototypeOf(object)) {
    const descriptor = getOwnPropertyDescriptor(object, name);
    if (descriptor !== undefined) return descriptor.value;
  }
  return undefined;
}

// --- fetch ---------------------------------------------------------------------------------------------------

/** A request has come in. */
export function dispatchFetch(eventId, method, url, bodyId, entrypoint, props) {
  try {
    const request = createIncomingRequest(eventId, method, url, bodyId);
    const isPlain = format === MODULES && entrypoint === undefined;
    const result = isPlain ? callFetch(exported, request, env, eventId, props) : serveOtherwise(eventId, request, entrypoint, props);
    if (isResponse(result)) sendResponse(eventId, result);
    else settle(eventId, result);
  } catch (error) {
    native.fail(eventId, error);
  }
}

function callFetch(worker, request, bindings, eventId, props) {
  if (typeof worker?.fetch !== "function") throw noHandler("fetch");
  return worker.fetch(request, bindings, createExecutionContext(eventId, props));
}

function serveOtherwise(eventId, request, entrypoint, props) {
  if (format === SERVICE_WORKER && entrypoint === undefined) return dispatchFetchEvent(eventId, request);
  if (format === 0) throw noHandler("fetch");
  const target = entrypointOf(entrypoint);
  if (!isClass(target)) return callFetch(target, request, env, eventId, props);
  const instance = new target(createExecutionContext(eventId, props), env);
  if (typeof instance.fetch !== "function") throw noHandler("fetch");
  return instance.fetch(request);
}

/** The export that a binding names: a class, or an object of handlers. */
function entrypointOf(name) {
  if (name === undefined || name === "default") return exported;
  // What a class inherits from, or a helper that happens to be exported, is no entrypoint of its own.
  const found = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (isClass(found) || (typeof found === "object" && found !== null)) return found;
  throw new TypeError(`The worker has no entrypoint '${name}': export a class of that name that extends WorkerEntrypoint.`);
}

function dispatchFetchEvent(eventId, request) {
  if (!hasListeners(globalTarget, "fetch")) throw noHandler("fetch");
  const event = createFetchEvent(eventId, request);
  dispatchTrusted(globalTarget, event);
  const response = responseOfEvent(event);
  if (response === NO_RESPONSE) throw new TypeError("No listener for 'fetch' events called respondWith(), so there is no response.");
  return response;
}

async function settle(eventId, result) {
  try {
    const response = await result;
    if (!isResponse(response)) throw noResponse(response);
    sendResponse(eventId, response);
  } catch (error) {
    native.fail(eventId, error);
  }
}

function noResponse(value) {
  const what = value === null ? "null" : typeof value === "object" ? "an object that is not a Response" : typeof value;
  const shown = what === "undefined" ? "nothing" : typeof value === "object" ? what : `a value of type ${what}`;
  return new TypeError(`The fetch handler must return a Response, or a promise of one, but it returned ${shown}.`);
}

function noHandler(name) {
  if (format === SERVICE_WORKER) return new TypeError(`The worker has no listener for '${name}' events: call addEventListener("${name}", ...).`);
  return new TypeError(`The worker has no '${name}' handler: its default export must be an object with a method '${name}'.`);
}

// --- scheduled -----------------------------------------------------------------------------------------------

/** A cron trigger has fired. */
export function dispatchScheduled(eventId, cron, scheduledTime, props) {
  finishScheduled(eventId, cron, scheduledTime, props);
}

async function finishScheduled(eventId, cron, scheduledTime, props) {
  try {
    if (format === SERVICE_WORKER) {
      if (!hasListeners(globalTarget, "scheduled")) throw noHandler("scheduled");
      dispatchTrusted(globalTarget, createScheduledEvent(eventId, cron, scheduledTime));
    } else {
      const worker = format === CLASS ? new exported(createExecutionContext(eventId, props), env) : exported;
      if (typeof worker?.scheduled !== "function") throw noHandler("scheduled");
      const controller = createScheduledController(cron, scheduledTime);
      await worker.scheduled(controller, env, createExecutionContext(eventId, props));
    }
    native.done(eventId);
  } catch (error) {
    native.fail(eventId, error);
  }
}

// --- Calls ---------------------------------------------------------------------------------------------------

/** Another worker begins a session of calls. */
export function dispatchRpc(eventId, entrypoint, props) {
  try {
    const { Session } = load("lazy/rpc/session.js");
    const session = new Session(mainOf(eventId, entrypoint, props));
    connect(eventId, session);
  } catch (error) {
    native.fail(eventId, error);
  }
}

async function connect(eventId, session) {
  try {
    const { NativeLink } = load("lazy/websocket-links.js");
    session.connect(new NativeLink(await native.respondWebSocket(eventId, 101, null)));
  } catch (error) {
    session.fail(error);
  }
}

// What callers reach of an entrypoint.
function mainOf(eventId, entrypoint, props) {
  if (format === SERVICE_WORKER) throw new TypeError("A worker in the format of service workers takes no calls: write it as an ES module.");
  const target = entrypointOf(entrypoint);
  const context = createExecutionContext(eventId, props);
  const { Handlers, isEntrypoint } = load("lazy/rpc/targets.js");
  if (!isClass(target)) return new Handlers(target, env, context);
  const instance = new target(context, env);
  if (!isEntrypoint(instance)) throw new TypeError("The worker takes no calls: its entrypoint must be a class that extends WorkerEntrypoint.");
  return instance;
}

// --- The other hooks -----------------------------------------------------------------------------------------

/** A promise was rejected and nobody handled it. True if a listener said that it did. */
export function unhandledRejection(promise, reason) {
  if (!hasListeners(globalTarget, "unhandledrejection")) return false;
  const { PromiseRejectionEvent } = load("lazy/event-kinds.js");
  const event = new PromiseRejectionEvent("unhandledrejection", { promise, reason, cancelable: true });
  return !dispatchTrusted(globalTarget, event);
}

/** A promise whose rejection was reported is handled after all. */
export function rejectionHandled(promise) {
  if (!hasListeners(globalTarget, "rejectionhandled")) return;
  const { PromiseRejectionEvent } = load("lazy/event-kinds.js");
  // It is handled: this handler changes nothing.
  catchOf(promise, (reason) => dispatchTrusted(globalTarget, new PromiseRejectionEvent("rejectionhandled", { promise, reason })));
}

/** An event's context is over. */
export function endEvent(eventId) {
  forgetSignalOf(eventId);
  loaded("node/internal/files/stores.js")?.forgetStore(eventId);
}
