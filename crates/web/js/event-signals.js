// The abort signals of events whose clients may leave. Only what somebody asked for is kept, so an event whose
// `request.signal` nobody reads costs nothing here.
import { createAbortSignal, createDependentSignal, signalAbort } from "./abort.js";
import { DOMException } from "./dom-exception.js";
import { native } from "./native.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const get = uncurry(Map.prototype.get);
const set = uncurry(Map.prototype.set);
const remove = uncurry(Map.prototype.delete);

const signals = new Map();

/** A signal that aborts when the event's client leaves. */
export function signalOfEvent(eventId) {
  const first = get(signals, eventId);
  if (first !== undefined) return createDependentSignal([first]);
  const signal = createAbortSignal();
  set(signals, eventId, signal);
  native.keepForEvent(eventId);
  return signal;
}

/** The client of an event has left. */
export function abortRequest(eventId) {
  const signal = get(signals, eventId);
  if (signal !== undefined) signalAbort(signal, new DOMException("The client disconnected.", "AbortError"));
}

export function forgetSignalOf(eventId) {
  remove(signals, eventId);
}
