// PerformanceObserver (https://w3c.github.io/performance-timeline/#the-performanceobserver-interface).
import { DOMString, defineInterface, dictionary, illegalConstructor, requireArguments, sequence } from "../webidl.js";
import { DOMException } from "../dom-exception.js";
import { keep, selectByName, selectByType, sortByStart, typeOf } from "./performance-entry.js";
import { native } from "../native.js";

const apply = Reflect.apply;
const SUPPORTED = Object.freeze(["mark", "measure"]);
const MADE_HERE = {};

// How many entries wait for an observer at most; more are dropped and counted.
const WAITING_MAX = 1_000;

// Those that observe something. Nobody else needs to be told of an entry.
let observers = [];
let isScheduled = false;
let deliver;
let notify;

export class PerformanceObserver {
  #callback;
  #types = [];
  // "multiple" after observe({ entryTypes }), "single" after observe({ type }): the two do not mix.
  #kind;
  #waiting = [];
  #dropped = 0;

  constructor(callback) {
    requireArguments(arguments.length, 1, "PerformanceObserver");
    if (typeof callback !== "function") throw new TypeError("PerformanceObserver: the callback is not a function.");
    this.#callback = callback;
  }

  static get supportedEntryTypes() {
    return SUPPORTED;
  }

  observe(options = undefined) {
    this.#callback;
    const { buffered, entryTypes, type } = dictionary(options, "PerformanceObserver.observe: the options");
    if (entryTypes === undefined && type === undefined) {
      throw new TypeError("PerformanceObserver.observe: the options need entryTypes or type.");
    }
    if (entryTypes !== undefined && (type !== undefined || buffered !== undefined)) {
      throw new TypeError("PerformanceObserver.observe: entryTypes stands alone, without type and buffered.");
    }
    this.#beOfKind(entryTypes === undefined ? "single" : "multiple");
    if (entryTypes !== undefined) this.#observeTypes(sequence(entryTypes, DOMString, "PerformanceObserver.observe: entryTypes"));
    else this.#observeType(DOMString(type), Boolean(buffered));
  }

  disconnect() {
    observers = keep(observers, (one) => one !== this);
    this.#waiting = [];
    this.#types = [];
    this.#kind = undefined;
  }

  takeRecords() {
    return this.#take();
  }

  #take() {
    const records = this.#waiting;
    this.#waiting = [];
    return sortByStart(records);
  }

  #beOfKind(kind) {
    if (this.#kind !== undefined && this.#kind !== kind) {
      throw new DOMException("PerformanceObserver.observe: an observer uses either entryTypes or type, always the same.", "InvalidModificationError");
    }
    this.#kind = kind;
  }

  #observeTypes(types) {
    const known = keep(types, isSupported);
    if (known.length === 0) return;
    this.#types = known;
    this.#register();
  }

  #observeType(type, buffered) {
    if (!isSupported(type)) return;
    if (!this.#observes(type)) this.#types[this.#types.length] = type;
    this.#register();
    if (!buffered) return;
    const earlier = timeline(type);
    for (let i = 0; i < earlier.length; i++) this.#add(earlier[i]);
  }

  #register() {
    observers = keep(observers, (one) => one !== this);
    observers[observers.length] = this;
  }

  #observes(type) {
    for (let i = 0; i < this.#types.length; i++) {
      if (this.#types[i] === type) return true;
    }
    return false;
  }

  #add(entry) {
    if (this.#waiting.length >= WAITING_MAX) this.#dropped++;
    else this.#waiting[this.#waiting.length] = entry;
    schedule();
  }

  #deliver() {
    const records = this.#take();
    if (records.length === 0) return;
    const options = { droppedEntriesCount: this.#dropped };
    this.#dropped = 0;
    try {
      apply(this.#callback, this, [new PerformanceObserverEntryList(MADE_HERE, records), this, options]);
    } catch (error) {
      native.reportException(error);
    }
  }

  static {
    deliver = (observer) => observer.#deliver();
    notify = (observer, entry) => {
      if (observer.#observes(typeOf(entry))) observer.#add(entry);
    };
  }
}
defineInterface(PerformanceObserver, "PerformanceObserver");

export class PerformanceObserverEntryList {
  #entries;

  constructor(token = undefined, entries) {
    if (token !== MADE_HERE) illegalConstructor();
    this.#entries = entries;
  }

  getEntries() {
    return sortByStart(keep(this.#entries, () => true));
  }

  getEntriesByType(type) {
    this.#entries;
    requireArguments(arguments.length, 1, "PerformanceObserverEntryList.getEntriesByType");
    return selectByType(this.#entries, type);
  }

  getEntriesByName(name, type = undefined) {
    this.#entries;
    requireArguments(arguments.length, 1, "PerformanceObserverEntryList.getEntriesByName");
    return selectByName(this.#entries, name, type);
  }
}
defineInterface(PerformanceObserverEntryList, "PerformanceObserverEntryList");

// Gives the entries of a type that there are so far; `performance` sets it.
let timeline = () => [];
export function setTimeline(entriesOfType) {
  timeline = entriesOfType;
}

/** Tells the observers of a new entry; they are called when the code that made it is through. */
export function notifyObservers(entry) {
  for (let i = 0; i < observers.length; i++) notify(observers[i], entry);
}

/** True while a delivery is due; it stays true for good if the microtask that delivers is lost. */
export const hasUndelivered = () => isScheduled;

async function schedule() {
  if (isScheduled) return;
  isScheduled = true;
  await undefined;
  isScheduled = false;
  const called = observers;
  for (let i = 0; i < called.length; i++) deliver(called[i]);
}

function isSupported(type) {
  return type === "mark" || type === "measure";
}
