// `node:events`.
import { inspect } from "../lazy/inspect.js";
import { AsyncResource } from "./async_hooks.js";
import { AbortError, error, invalidType } from "./internal/errors.js";
import { eventIterator } from "./internal/event-iterator.js";
import { requireFunction, requireNumber, requireSignal } from "./internal/validate.js";

const apply = Reflect.apply;
const kCapture = Symbol("kCapture");
export const errorMonitor = Symbol("events.errorMonitor");
export const captureRejectionSymbol = Symbol.for("nodejs.rejection");

let defaultMaxListeners = 10;
let captureByDefault = false;

// A function, because old code calls it without `new` (`EventEmitter.call(this)`).
export function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

EventEmitter.init = function (options) {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
  }
  this._maxListeners = this._maxListeners || undefined;
  if (options?.captureRejections !== undefined) this[kCapture] = Boolean(options.captureRejections);
  else this[kCapture] = captureByDefault;
};

EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;
Object.defineProperty(EventEmitter.prototype, kCapture, { value: false, writable: true, enumerable: false });

const limitOf = (emitter) => (emitter._maxListeners === undefined ? defaultMaxListeners : emitter._maxListeners);

const methods = {
  setMaxListeners(n) {
    requireNumber(n, "setMaxListeners", 0);
    this._maxListeners = n;
    return this;
  },
  getMaxListeners() {
    return limitOf(this);
  },
  emit(type, ...args) {
    const events = this._events;
    if (type === "error") {
      if (events?.[errorMonitor] !== undefined) this.emit(errorMonitor, ...args);
      if (events?.error === undefined) throw unhandled(args);
    }
    const handler = events?.[type];
    if (handler === undefined) return false;
    if (typeof handler === "function") {
      callListener(this, handler, type, args);
      return true;
    }
    const listeners = [...handler];
    for (let i = 0; i < listeners.length; i++) callListener(this, listeners[i], type, args);
    return true;
  },
  addListener(type, listener) {
    return add(this, type, listener, (list) => list.push(listener));
  },
  prependListener(type, listener) {
    return add(this, type, listener, (list) => list.unshift(listener));
  },
  once(type, listener) {
    requireFunction(listener, "listener");
    return this.on(type, onceOf(this, type, listener));
  },
  prependOnceListener(type, listener) {
    requireFunction(listener, "listener");
    return this.prependListener(type, onceOf(this, type, listener));
  },
  removeListener(type, listener) {
    requireFunction(listener, "listener");
    const events = this._events;
    const list = events?.[type];
    if (list === undefined) return this;
    let removed = listener;
    if (list === listener || list.listener === listener) {
      this._eventsCount--;
      delete events[type];
      removed = list.listener ?? listener;
    } else if (typeof list !== "function") {
      let at = list.length - 1;
      while (at >= 0 && list[at] !== listener && list[at].listener !== listener) at--;
      if (at < 0) return this;
      // A copy: whoever goes through the old one sees it whole.
      const rest = [...list.slice(0, at), ...list.slice(at + 1)];
      events[type] = rest.length === 1 ? rest[0] : rest;
    } else {
      return this;
    }
    if (events.removeListener !== undefined) this.emit("removeListener", type, removed);
    return this;
  },
  removeAllListeners(type = undefined) {
    const events = this._events;
    if (events === undefined) return this;
    if (events.removeListener === undefined) {
      if (arguments.length === 0) {
        this._events = { __proto__: null };
        this._eventsCount = 0;
      } else if (events[type] !== undefined) {
        this._eventsCount--;
        delete events[type];
      }
      return this;
    }
    if (arguments.length === 0) {
      for (const key of Reflect.ownKeys(events)) {
        if (key !== "removeListener") this.removeAllListeners(key);
      }
      this.removeAllListeners("removeListener");
      this._events = { __proto__: null };
      this._eventsCount = 0;
      return this;
    }
    const listeners = listOf(events[type]);
    for (let i = listeners.length - 1; i >= 0; i--) this.removeListener(type, listeners[i]);
    return this;
  },
  listeners(type) {
    return listOf(this._events?.[type]).map((one) => one.listener ?? one);
  },
  rawListeners(type) {
    return [...listOf(this._events?.[type])];
  },
  listenerCount(type, listener = undefined) {
    const listeners = listOf(this._events?.[type]);
    if (listener === undefined || listener === null) return listeners.length;
    return listeners.filter((one) => one === listener || one.listener === listener).length;
  },
  eventNames() {
    return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : [];
  },
};
Object.assign(EventEmitter.prototype, methods);
EventEmitter.prototype.on = methods.addListener;
EventEmitter.prototype.off = methods.removeListener;

const listOf = (listeners) => (listeners === undefined ? [] : typeof listeners === "function" ? [listeners] : listeners);

function add(emitter, type, listener, put) {
  requireFunction(listener, "listener");
  let events = emitter._events;
  if (events === undefined) {
    events = emitter._events = { __proto__: null };
    emitter._eventsCount = 0;
  } else if (events.newListener !== undefined) {
    emitter.emit("newListener", type, listener.listener ?? listener);
    events = emitter._events;
  }
  const existing = events[type];
  if (existing === undefined) {
    events[type] = listener;
    emitter._eventsCount++;
    return emitter;
  }
  const list = typeof existing === "function" ? (events[type] = [existing]) : existing;
  put(list);
  warnOfLeak(emitter, type, list);
  return emitter;
}

function warnOfLeak(emitter, type, list) {
  const limit = limitOf(emitter);
  if (limit <= 0 || list.length <= limit || list.warned) return;
  list.warned = true;
  const name = emitter.constructor?.name ?? "EventEmitter";
  console.warn(
    `MaxListenersExceededWarning: Possible EventEmitter memory leak detected. ${list.length} ${String(type)} listeners added to ` +
      `${name}. MaxListeners is ${limit}. Use emitter.setMaxListeners() to increase limit`,
  );
}

function onceOf(emitter, type, listener) {
  let fired = false;
  function once(...args) {
    if (fired) return undefined;
    fired = true;
    emitter.removeListener(type, once);
    return apply(listener, emitter, args);
  }
  once.listener = listener;
  return once;
}

function callListener(emitter, listener, type, args) {
  const result = apply(listener, emitter, args);
  if (!emitter[kCapture] || result === undefined || result === null) return;
  let then;
  try {
    then = result.then;
    if (typeof then === "function") {
      apply(then, result, [undefined, (reason) => queueMicrotask(() => rejected(emitter, reason, type, args))]);
    }
  } catch (thrown) {
    emitter.emit("error", thrown);
  }
}

function rejected(emitter, reason, type, args) {
  if (typeof emitter[captureRejectionSymbol] === "function") {
    emitter[captureRejectionSymbol](reason, type, ...args);
    return;
  }
  // An error of the error handler must not come back to it.
  const before = emitter[kCapture];
  try {
    emitter[kCapture] = false;
    emitter.emit("error", reason);
  } finally {
    emitter[kCapture] = before;
  }
}

function unhandled(args) {
  const [thrown] = args;
  if (thrown instanceof Error) return thrown;
  return error("ERR_UNHANDLED_ERROR", `Unhandled error. (${typeof thrown === "string" ? `'${thrown}'` : inspect(thrown)})`, { context: thrown });
}

/** A promise of the arguments of the next event. */
export function once(emitter, name, options = {}) {
  const signal = options?.signal;
  requireSignal(signal, "options.signal");
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new AbortError(undefined, { cause: signal.reason }));
    const isEmitter = typeof emitter?.on === "function";
    const forget = () => {
      removeFrom(emitter, name, onEvent);
      if (isEmitter && name !== "error") removeFrom(emitter, "error", onError);
      signal?.removeEventListener("abort", onAbort);
    };
    const onEvent = (...args) => {
      forget();
      resolve(args);
    };
    const onError = (reason) => {
      forget();
      reject(reason);
    };
    const onAbort = () => {
      forget();
      reject(new AbortError(undefined, { cause: signal.reason }));
    };
    addTo(emitter, name, onEvent, { once: true });
    if (isEmitter && name !== "error") emitter.once("error", onError);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function addTo(emitter, name, listener, flags) {
  if (typeof emitter?.on === "function") {
    if (flags?.once) emitter.once(name, listener);
    else emitter.on(name, listener);
  } else if (typeof emitter?.addEventListener === "function") {
    emitter.addEventListener(name, listener, flags);
  } else {
    throw invalidType("emitter", "an instance of EventEmitter", emitter);
  }
}

function removeFrom(emitter, name, listener) {
  if (typeof emitter.removeListener === "function") emitter.removeListener(name, listener);
  else emitter.removeEventListener(name, listener);
}

export const on = (emitter, event, options) => eventIterator(emitter, event, options ?? {}, { addTo, removeFrom });

export function getEventListeners(emitter, type) {
  if (typeof emitter?.listeners === "function") return emitter.listeners(type);
  throw invalidType("emitter", "an instance of EventEmitter", emitter);
}

export function listenerCount(emitter, type) {
  return typeof emitter.listenerCount === "function" ? emitter.listenerCount(type) : listOf(emitter._events?.[type]).length;
}

export function getMaxListeners(emitter) {
  return typeof emitter?.getMaxListeners === "function" ? emitter.getMaxListeners() : defaultMaxListeners;
}

export function setMaxListeners(n = defaultMaxListeners, ...emitters) {
  requireNumber(n, "setMaxListeners", 0);
  if (emitters.length === 0) defaultMaxListeners = n;
  for (const one of emitters) {
    if (typeof one?.setMaxListeners === "function") one.setMaxListeners(n);
    else if (!(one instanceof EventTarget)) throw invalidType("eventTargets", "an instance of EventEmitter or EventTarget", one);
  }
}

/** Listens to a signal's abort; gives what stops listening. */
export function addAbortListener(signal, listener) {
  if (signal === undefined) throw invalidType("signal", "an instance of AbortSignal", signal);
  requireSignal(signal, "signal");
  requireFunction(listener, "listener");
  let remove = () => {};
  if (signal.aborted) queueMicrotask(() => listener());
  else {
    signal.addEventListener("abort", listener, { once: true });
    remove = () => signal.removeEventListener("abort", listener);
  }
  return { [Symbol.dispose]: remove };
}

export class EventEmitterAsyncResource extends EventEmitter {
  #resource;

  constructor(options = undefined) {
    super(typeof options === "string" ? undefined : options);
    const name = typeof options === "string" ? options : (options?.name ?? new.target.name);
    this.#resource = new AsyncResource(name, typeof options === "string" ? undefined : options);
  }

  emit(type, ...args) {
    return this.#resource.runInAsyncScope(super.emit, this, type, ...args);
  }

  emitDestroy() {
    this.#resource.emitDestroy();
  }

  get asyncId() {
    return this.#resource.asyncId();
  }

  get triggerAsyncId() {
    return this.#resource.triggerAsyncId();
  }

  get asyncResource() {
    return this.#resource;
  }
}

Object.assign(EventEmitter, {
  EventEmitter,
  EventEmitterAsyncResource,
  addAbortListener,
  captureRejectionSymbol,
  errorMonitor,
  getEventListeners,
  getMaxListeners,
  listenerCount,
  on,
  once,
  setMaxListeners,
  usingDomains: false,
});
Object.defineProperties(EventEmitter, {
  defaultMaxListeners: {
    enumerable: true,
    get: () => defaultMaxListeners,
    set(value) {
      requireNumber(value, "defaultMaxListeners", 0);
      defaultMaxListeners = value;
    },
  },
  captureRejections: {
    enumerable: true,
    get: () => captureByDefault,
    set(value) {
      captureByDefault = Boolean(value);
    },
  },
});

export { defaultMaxListeners };
export default EventEmitter;
