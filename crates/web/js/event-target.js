// Events (https://dom.spec.whatwg.org/#events): Event and EventTarget. There is no tree here, so an event's path is
// its target alone.
import { DOMString, defineConstants, defineInterface, dictionary, isObject, requireArguments } from "./webidl.js";
import { DOMException } from "./dom-exception.js";
import { native } from "./native.js";

const apply = Reflect.apply;
const realm = globalThis;

const NONE = 0;
const AT_TARGET = 2;

// What a listener throws goes here and never stops a dispatch.
let report = (error) => native.reportException(error);
export function setReportException(reporter) {
  report = reporter;
}
/** Reports an error that nobody has caught. */
export const reportException = (error) => report(error);

// What `addEventListener` must know of AbortSignal, which is itself an EventTarget: handed over by abort.js,
// because the two modules would otherwise import each other.
let abortSignals;
export function setAbortSignals(operations) {
  abortSignals = operations;
}

// --- Event ---------------------------------------------------------------------------------------------------

let eventInternals;
/** Is this an Event? */
export let isEvent;

export class Event {
  #type;
  #bubbles;
  #cancelable;
  #composed;
  #timeStamp;
  #target = null;
  #currentTarget = null;
  #phase = NONE;
  #trusted = false;
  #dispatching = false;
  #passive = false;
  #canceled = false;
  #stopped = false;
  #stoppedImmediately = false;

  constructor(type, eventInitDict = undefined) {
    requireArguments(arguments.length, 1, "Event constructor");
    this.#type = DOMString(type);
    const init = dictionary(eventInitDict, "Event constructor: the second argument");
    this.#bubbles = !!init.bubbles;
    this.#cancelable = !!init.cancelable;
    this.#composed = !!init.composed;
    this.#timeStamp = native.now() - native.timeOrigin();
    Object.defineProperty(this, "isTrusted", isTrusted);
  }

  get type() {
    return this.#type;
  }

  get target() {
    return this.#target;
  }

  get srcElement() {
    return this.#target;
  }

  get currentTarget() {
    return this.#currentTarget;
  }

  composedPath() {
    return this.#currentTarget === null ? [] : [this.#currentTarget];
  }

  get eventPhase() {
    return this.#phase;
  }

  stopPropagation() {
    this.#stopped = true;
  }

  get cancelBubble() {
    return this.#stopped;
  }

  set cancelBubble(value) {
    this.#stopped ||= !!value;
  }

  stopImmediatePropagation() {
    this.#stopped = true;
    this.#stoppedImmediately = true;
  }

  get bubbles() {
    return this.#bubbles;
  }

  get cancelable() {
    return this.#cancelable;
  }

  get returnValue() {
    return !this.#canceled;
  }

  set returnValue(value) {
    this.#cancel(!value);
  }

  preventDefault() {
    this.#cancel(true);
  }

  get defaultPrevented() {
    return this.#canceled;
  }

  get composed() {
    return this.#composed;
  }

  get timeStamp() {
    return this.#timeStamp;
  }

  initEvent(type, bubbles = false, cancelable = false) {
    requireArguments(arguments.length, 1, "Event.initEvent");
    const ofType = DOMString(type);
    if (this.#dispatching) return;
    this.#type = ofType;
    this.#bubbles = !!bubbles;
    this.#cancelable = !!cancelable;
    this.#stopped = false;
    this.#stoppedImmediately = false;
    this.#canceled = false;
    this.#trusted = false;
    this.#target = null;
  }

  #cancel(wanted) {
    if (wanted && this.#cancelable && !this.#passive) this.#canceled = true;
  }

  static {
    isEvent = (value) => typeof value === "object" && value !== null && #type in value;
    eventInternals = {
      type: (event) => event.#type,
      currentTarget: (event) => event.#currentTarget,
      isTrusted: (event) => event.#trusted,
      isDispatching: (event) => event.#dispatching,
      isCanceled: (event) => event.#canceled,
      isStopped: (event) => event.#stopped,
      isStoppedImmediately: (event) => event.#stoppedImmediately,
      cancel(event) {
        event.#cancel(true);
      },
      setPassive(event, passive) {
        event.#passive = passive;
      },
      setTrusted(event, trusted) {
        event.#trusted = trusted;
      },
      begin(event, target) {
        event.#dispatching = true;
        event.#target = target;
        event.#currentTarget = target;
        event.#phase = AT_TARGET;
      },
      end(event) {
        event.#dispatching = false;
        event.#stopped = false;
        event.#stoppedImmediately = false;
        event.#currentTarget = null;
        event.#phase = NONE;
      },
    };
  }
}

// `isTrusted` is the one member that every event has as its own and that nobody can replace.
const isTrusted = {
  get: Object.getOwnPropertyDescriptor(
    {
      get isTrusted() {
        return eventInternals.isTrusted(this);
      },
    },
    "isTrusted",
  ).get,
  set: undefined,
  enumerable: true,
  configurable: false,
};
defineInterface(Event, "Event");
defineConstants(Event, { NONE, CAPTURING_PHASE: 1, AT_TARGET, BUBBLING_PHASE: 3 });

// --- EventTarget ---------------------------------------------------------------------------------------------

let globalTarget;
let targetInternals;
/** Is this an EventTarget? */
export let isEventTarget;

export class EventTarget {
  // The listeners of each type, in the order in which they were added. Lists grow in place but are replaced when
  // something is removed, so that a dispatch can walk the list it began with.
  #listeners;
  #handlers;
  #watch;

  addEventListener(type, callback, options = undefined) {
    const target = receiver(this);
    requireArguments(arguments.length, 2, "EventTarget.addEventListener");
    const ofType = DOMString(type);
    const listener = listenerOrNull(callback, "EventTarget.addEventListener");
    target.#add(flattenMore(ofType, listener, options));
  }

  removeEventListener(type, callback, options = undefined) {
    const target = receiver(this);
    requireArguments(arguments.length, 2, "EventTarget.removeEventListener");
    const ofType = DOMString(type);
    const listener = listenerOrNull(callback, "EventTarget.removeEventListener");
    const found = target.#find(ofType, listener, flatten(options));
    if (found !== undefined) target.#remove(found);
  }

  dispatchEvent(event) {
    const target = receiver(this);
    requireArguments(arguments.length, 1, "EventTarget.dispatchEvent");
    if (!isEvent(event)) throw new TypeError("EventTarget.dispatchEvent: the argument is not an Event.");
    if (eventInternals.isDispatching(event)) {
      throw new DOMException("EventTarget.dispatchEvent: the event is already being dispatched.", "InvalidStateError");
    }
    eventInternals.setTrusted(event, false);
    return target.#dispatch(event);
  }

  #add(listener) {
    const { type, callback, capture, signal } = listener;
    if (signal !== undefined && abortSignals.isAborted(signal)) return;
    if (callback === null || this.#find(type, callback, capture) !== undefined) return;
    this.#listeners ??= { __proto__: null };
    const list = (this.#listeners[type] ??= []);
    list[list.length] = listener;
    if (signal !== undefined) {
      listener.onAbort = () => this.#remove(listener);
      abortSignals.add(signal, listener.onAbort);
    }
    if (list.length === 1) this.#watch?.(this, type);
  }

  #find(type, callback, capture) {
    const list = this.#listeners?.[type];
    if (list === undefined) return undefined;
    for (let i = 0; i < list.length; i++) {
      if (list[i].callback === callback && list[i].capture === capture) return list[i];
    }
    return undefined;
  }

  #remove(listener) {
    if (listener.removed) return;
    listener.removed = true;
    // A signal that outlives its listeners must not collect them.
    if (listener.onAbort !== undefined) abortSignals.remove(listener.signal, listener.onAbort);
    const rest = [];
    const list = this.#listeners[listener.type];
    for (let i = 0; i < list.length; i++) {
      if (list[i] !== listener) rest[rest.length] = list[i];
    }
    if (rest.length > 0) {
      this.#listeners[listener.type] = rest;
      return;
    }
    delete this.#listeners[listener.type];
    this.#watch?.(this, listener.type);
  }

  #dispatch(event) {
    eventInternals.begin(event, this === globalTarget ? realm : this);
    this.#invoke(event, true);
    this.#invoke(event, false);
    eventInternals.end(event);
    return !eventInternals.isCanceled(event);
  }

  #invoke(event, capture) {
    if (eventInternals.isStopped(event)) return;
    const list = this.#listeners?.[eventInternals.type(event)];
    if (list === undefined) return;
    for (let i = 0, length = list.length; i < length; i++) {
      const listener = list[i];
      if (listener.removed || listener.capture !== capture) continue;
      if (listener.once) this.#remove(listener);
      if (listener.passive) eventInternals.setPassive(event, true);
      call(listener.callback, event);
      eventInternals.setPassive(event, false);
      if (eventInternals.isStoppedImmediately(event)) return;
    }
  }

  static {
    isEventTarget = (value) => typeof value === "object" && value !== null && #listeners in value;
    targetInternals = {
      dispatch: (target, event) => target.#dispatch(event),
      hasListeners: (target, type) => target.#listeners?.[type] !== undefined,
      watch(target, watch) {
        target.#watch = watch;
      },
      handler: (target, type) => target.#handlers?.[type],
      setHandler(target, type, handler) {
        target.#handlers ??= { __proto__: null };
        target.#handlers[type] = handler;
      },
      add: (target, listener) => target.#add(listener),
      remove: (target, listener) => target.#remove(listener),
    };
  }
}
defineInterface(EventTarget, "EventTarget");

/** Dispatches an event that the platform itself made: `isTrusted` is true. Returns false if it was cancelled. */
export function dispatchTrusted(target, event) {
  eventInternals.setTrusted(event, true);
  return targetInternals.dispatch(target, event);
}

/** Does a target have listeners for a type of event? Lets a caller not even make an event that nobody wants. */
export function hasListeners(target, type) {
  return targetInternals.hasListeners(target, type);
}

/** Has `watch(target, type)` called when a target gets its first listener of a type or loses its last one. */
export function watchListeners(target, watch) {
  targetInternals.watch(target, watch);
}

/**
 * The target that stands for the global object: from now on EventTarget's operations, called on the global object
 * or on nothing, are its own, and its events name the global object as their target. Why it is not the global
 * object itself: private fields on that would not come back from a snapshot.
 */
export function makeGlobalEventTarget() {
  globalTarget = new EventTarget();
  return globalTarget;
}

/** Defines the event handler attribute (`onmessage` for "message") on an interface, see HTML's event handlers. */
export function defineEventHandler(Class, type) {
  const name = `on${type}`;
  const accessors = {
    get [name]() {
      return targetInternals.handler(receiver(this), type)?.value ?? null;
    },
    set [name](value) {
      const target = receiver(this);
      setHandlerValue(target, type, isObject(value) ? value : null);
    },
  };
  const { get, set } = Object.getOwnPropertyDescriptor(accessors, name);
  const prototype = typeof Class === "function" ? Class.prototype : Class;
  Object.defineProperty(prototype, name, { get, set, enumerable: true, configurable: true });
}

// A handler keeps its place among the listeners while one function replaces another, and loses it when it is
// set to null.
function setHandlerValue(target, type, value) {
  const handler = targetInternals.handler(target, type);
  if (handler !== undefined) {
    handler.value = value;
    if (value !== null) return;
    targetInternals.setHandler(target, type, undefined);
    targetInternals.remove(target, handler.listener);
  } else if (value !== null) {
    const fresh = { value, listener: undefined };
    const callback = (event) => callHandler(fresh, event);
    fresh.listener = newListener(type, callback);
    targetInternals.setHandler(target, type, fresh);
    targetInternals.add(target, fresh.listener);
  }
}

function callHandler(handler, event) {
  if (typeof handler.value !== "function") return;
  const kept = apply(handler.value, eventInternals.currentTarget(event), [event]);
  if (kept === false) eventInternals.cancel(event);
}

function call(callback, event) {
  try {
    if (typeof callback === "function") {
      apply(callback, eventInternals.currentTarget(event), [event]);
      return;
    }
    const handleEvent = callback.handleEvent;
    if (typeof handleEvent !== "function") throw new TypeError("The event listener's handleEvent is not a function.");
    apply(handleEvent, callback, [event]);
  } catch (error) {
    reportException(error);
  }
}

function receiver(target) {
  const found = target === undefined || target === null || target === realm ? globalTarget : target;
  if (!isEventTarget(found)) throw new TypeError("Illegal invocation: this is not an EventTarget.");
  return found;
}

function listenerOrNull(callback, what) {
  if (callback === undefined || callback === null) return null;
  if (!isObject(callback)) throw new TypeError(`${what}: the listener is neither an object nor null.`);
  return callback;
}

function flatten(options) {
  return options === undefined ? false : isObject(options) ? !!options.capture : !!options;
}

function newListener(type, callback) {
  return {
    type,
    callback,
    capture: false,
    passive: false,
    once: false,
    removed: false,
    signal: undefined,
    onAbort: undefined,
  };
}

function flattenMore(type, callback, options) {
  const listener = newListener(type, callback);
  if (!isObject(options)) {
    listener.capture = !!options;
    return listener;
  }
  listener.capture = !!options.capture;
  listener.once = !!options.once;
  listener.passive = !!options.passive;
  const signal = options.signal;
  if (signal !== undefined) {
    if (!abortSignals.is(signal)) {
      throw new TypeError("EventTarget.addEventListener: options.signal is not an AbortSignal.");
    }
    listener.signal = signal;
  }
  return listener;
}
