// The parts of performance measurement that have nothing to measure here: interfaces that are there to be asked.
import { MADE_HERE, PerformanceEntry } from "./performance-entry.js";
import { defineInterface, illegalConstructor } from "../webidl.js";

/** How many events of each kind a user has made (Event Timing). There is no user. */
export class EventCounts {
  #counts = new Map();

  constructor(token = undefined) {
    if (token !== MADE_HERE) illegalConstructor();
  }

  get size() {
    return this.#counts.size;
  }

  get(type) {
    return this.#counts.get(`${type}`);
  }

  has(type) {
    return this.#counts.has(`${type}`);
  }

  entries() {
    return this.#counts.entries();
  }

  keys() {
    return this.#counts.keys();
  }

  values() {
    return this.#counts.values();
  }

  forEach(callback, receiver = undefined) {
    this.#counts.forEach((count, type) => Reflect.apply(callback, receiver, [count, type, this]));
  }

  [Symbol.iterator]() {
    return this.entries();
  }
}
defineInterface(EventCounts, "EventCounts");

export const eventCounts = new EventCounts(MADE_HERE);

/** The function itself, but for its name: nothing is measured. */
export function timerify(callback) {
  if (typeof callback !== "function") throw new TypeError("Performance.timerify: the argument is not a function.");
  function timerified(...args) {
    return new.target === undefined ? Reflect.apply(callback, this, args) : Reflect.construct(callback, args, callback);
  }
  return Object.defineProperties(timerified, { length: { value: callback.length, configurable: true }, name: { value: `timerified ${callback.name}`, configurable: true } });
}

/** What Node says of its own start. */
export const nodeTiming = {
  name: "node", entryType: "node", startTime: 0, duration: 0, nodeStart: 0, v8Start: 0, bootstrapComplete: 0, environment: 0, loopStart: 0, loopExit: 0, idleTime: 0,
  uvMetricsInfo: { loopCount: 0, events: 0, eventsWaiting: 0 },
};

/** What fetching a resource took (Resource Timing). Nothing here makes one. */
export class PerformanceResourceTiming extends PerformanceEntry {
  constructor(token = undefined) {
    illegalConstructor(token);
  }
}
defineInterface(PerformanceResourceTiming, "PerformanceResourceTiming");
for (const name of [
  "connectEnd", "connectStart", "decodedBodySize", "domainLookupEnd", "domainLookupStart", "encodedBodySize", "fetchStart", "initiatorType", "nextHopProtocol",
  "redirectEnd", "redirectStart", "requestStart", "responseEnd", "responseStart", "responseStatus", "secureConnectionStart", "transferSize", "workerStart",
]) {
  Object.defineProperty(PerformanceResourceTiming.prototype, name, { get: illegalConstructor, enumerable: true, configurable: true });
}
