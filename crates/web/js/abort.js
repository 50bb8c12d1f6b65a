// Aborting (https://dom.spec.whatwg.org/#aborting-ongoing-activities): AbortController and AbortSignal.
import { defineInterface, illegalConstructor, requireArguments, sequence, unsignedLongLong } from "./webidl.js";
import { DOMException } from "./dom-exception.js";
import {
  Event,
  EventTarget,
  defineEventHandler,
  dispatchTrusted,
  hasListeners,
  setAbortSignals,
  watchListeners,
} from "./event-target.js";
import { native } from "./native.js";

const MADE_HERE = {};

// Numbers the signals as they are made and as they abort: dependents abort in the order of their making, and a
// dependent takes its reason from whichever of its sources aborted first.
let made = 0;
let abortedSoFar = 0;

let internals;
/** Is this an AbortSignal? */
export let isAbortSignal;

export class AbortSignal extends EventTarget {
  #number = ++made;
  // When this signal aborted, counted over all signals; 0 as long as it has not.
  #abortedAt = 0;
  #reason;
  #algorithms;
  // Of a dependent signal (one that `any` made): the signals it depends on, none of them dependent itself.
  #sources;
  // Of a source: those that depend on it *and that somebody listens to*. A dependent signal that nobody listens to
  // asks its sources when it is asked itself. Why: a source may live as long as the isolate, while signals made
  // from it come and go with every event; they must not pile up on it, and weak references would show when
  // the collector runs.
  #dependents;

  constructor(token = undefined) {
    if (token !== MADE_HERE) illegalConstructor();
    super();
  }

  static abort(reason = undefined) {
    const signal = createAbortSignal();
    signal.#markAborted(reasonOrAbortError(reason));
    return signal;
  }

  static timeout(milliseconds) {
    requireArguments(arguments.length, 1, "AbortSignal.timeout");
    const delay = unsignedLongLong(milliseconds, { mode: "enforce", what: "AbortSignal.timeout: the delay" });
    const signal = createAbortSignal();
    native.timerStart(() => signalAbort(signal, timeoutError()), delay, false);
    return signal;
  }

  static any(signals) {
    requireArguments(arguments.length, 1, "AbortSignal.any");
    return createDependentSignal(sequence(signals, toAbortSignal, "AbortSignal.any: the argument"));
  }

  get aborted() {
    return this.#isAborted();
  }

  get reason() {
    return this.#isAborted() ? this.#reason : undefined;
  }

  throwIfAborted() {
    if (this.#isAborted()) throw this.#reason;
  }

  #isAborted() {
    if (this.#abortedAt === 0 && this.#sources !== undefined) this.#askSources();
    return this.#abortedAt !== 0;
  }

  #askSources() {
    let first;
    for (let i = 0; i < this.#sources.length; i++) {
      const source = this.#sources[i];
      if (source.#abortedAt !== 0 && (first === undefined || source.#abortedAt < first.#abortedAt)) first = source;
    }
    if (first !== undefined) this.#markAborted(first.#reason);
  }

  #markAborted(reason) {
    this.#abortedAt = ++abortedSoFar;
    this.#reason = reason;
    this.#leaveSources();
  }

  #abort(reason) {
    if (this.#isAborted()) return;
    const dependents = this.#dependents;
    this.#dependents = undefined;
    this.#markAborted(reason);
    const count = dependents?.length ?? 0;
    // All of them are aborted before the first listener runs, so that none sees another that is not yet.
    for (let i = 0; i < count; i++) dependents[i].#markAborted(reason);
    this.#runAbortSteps();
    for (let i = 0; i < count; i++) dependents[i].#runAbortSteps();
  }

  #runAbortSteps() {
    const algorithms = this.#algorithms;
    this.#algorithms = undefined;
    for (let i = 0; algorithms !== undefined && i < algorithms.length; i++) algorithms[i](this.#reason);
    if (hasListeners(this, "abort")) dispatchTrusted(this, new Event("abort"));
  }

  #dependOn(signals) {
    const sources = [];
    for (let i = 0; i < signals.length; i++) {
      const origins = signals[i].#sources ?? [signals[i]];
      for (let k = 0; k < origins.length; k++) {
        if (!includes(sources, origins[k])) sources[sources.length] = origins[k];
      }
    }
    this.#sources = sources;
    watchListeners(this, internals.listenersChanged);
  }

  #joinOrLeaveSources() {
    if (this.#sources === undefined || this.#isAborted()) return;
    if (this.#algorithms !== undefined || hasListeners(this, "abort")) {
      for (let i = 0; i < this.#sources.length; i++) this.#sources[i].#addDependent(this);
    } else {
      this.#removeFromSources();
    }
  }

  #leaveSources() {
    if (this.#sources === undefined) return;
    this.#removeFromSources();
    this.#sources = [];
  }

  #removeFromSources() {
    for (let i = 0; i < this.#sources.length; i++) {
      const source = this.#sources[i];
      if (source.#dependents !== undefined) source.#dependents = without(source.#dependents, this);
    }
  }

  #addDependent(dependent) {
    const dependents = (this.#dependents ??= []);
    if (includes(dependents, dependent)) return;
    let at = dependents.length;
    for (; at > 0 && dependents[at - 1].#number > dependent.#number; at--) dependents[at] = dependents[at - 1];
    dependents[at] = dependent;
  }

  static {
    isAbortSignal = (value) => typeof value === "object" && value !== null && #number in value;
    internals = {
      isAborted: (signal) => signal.#isAborted(),
      reason: (signal) => (signal.#isAborted() ? signal.#reason : undefined),
      abort: (signal, reason) => signal.#abort(reason),
      dependOn: (signal, signals) => signal.#dependOn(signals),
      listenersChanged(signal, type) {
        if (type === "abort") signal.#joinOrLeaveSources();
      },
      markAborted: (signal, reason) => signal.#markAborted(reason),
      add(signal, algorithm) {
        if (signal.#isAborted()) return;
        const algorithms = (signal.#algorithms ??= []);
        algorithms[algorithms.length] = algorithm;
        if (algorithms.length === 1) signal.#joinOrLeaveSources();
      },
      remove(signal, algorithm) {
        if (signal.#algorithms === undefined) return;
        signal.#algorithms = without(signal.#algorithms, algorithm);
        if (signal.#algorithms === undefined) signal.#joinOrLeaveSources();
      },
    };
  }
}
defineInterface(AbortSignal, "AbortSignal");
defineEventHandler(AbortSignal, "abort");
setAbortSignals({ is: isAbortSignal, isAborted, add: addAbortAlgorithm, remove: removeAbortAlgorithm });

export class AbortController {
  #signal = createAbortSignal();

  get signal() {
    return this.#signal;
  }

  abort(reason = undefined) {
    signalAbort(this.#signal, reason);
  }
}
defineInterface(AbortController, "AbortController");

export function createAbortSignal() {
  return new AbortSignal(MADE_HERE);
}

/** A signal that aborts when the first of `signals` does. */
export function createDependentSignal(signals) {
  const dependent = createAbortSignal();
  for (let i = 0; i < signals.length; i++) {
    if (isAborted(signals[i])) {
      internals.markAborted(dependent, abortReason(signals[i]));
      return dependent;
    }
  }
  internals.dependOn(dependent, signals);
  return dependent;
}

export function signalAbort(signal, reason = undefined) {
  internals.abort(signal, reasonOrAbortError(reason));
}

export function isAborted(signal) {
  return internals.isAborted(signal);
}

export function abortReason(signal) {
  return internals.reason(signal);
}

/** Has `algorithm(reason)` run when the signal aborts, before any event; does nothing if it has aborted already. */
export function addAbortAlgorithm(signal, algorithm) {
  internals.add(signal, algorithm);
}

export function removeAbortAlgorithm(signal, algorithm) {
  internals.remove(signal, algorithm);
}

function reasonOrAbortError(reason) {
  return reason === undefined ? new DOMException("The operation was aborted.", "AbortError") : reason;
}

function timeoutError() {
  return new DOMException("The operation timed out.", "TimeoutError");
}

function toAbortSignal(value) {
  if (isAbortSignal(value)) return value;
  throw new TypeError("AbortSignal.any: the argument holds something that is not an AbortSignal.");
}

function includes(list, item) {
  for (let i = 0; i < list.length; i++) {
    if (list[i] === item) return true;
  }
  return false;
}

// The list without one item, or undefined if nothing is left. A new list: someone may be walking the old one.
function without(list, item) {
  const rest = [];
  for (let i = 0; i < list.length; i++) {
    if (list[i] !== item) rest[rest.length] = list[i];
  }
  return rest.length === 0 ? undefined : rest;
}
