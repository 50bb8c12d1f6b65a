// PerformanceEntry (https://w3c.github.io/performance-timeline/), and how lists of entries are searched.
import { showFields } from "../platform-values.js";
import { DOMString, defineInterface, illegalConstructor, isObject } from "../webidl.js";

/** What only this platform's own code can construct entries with. */
export const MADE_HERE = {};

/** Is this a PerformanceEntry? */
export let isPerformanceEntry;
export let nameOf;
export let typeOf;
export let startOf;

export class PerformanceEntry {
  #name;
  #entryType;
  #startTime;
  #duration;

  constructor(token = undefined, name, entryType, startTime, duration) {
    if (token !== MADE_HERE) illegalConstructor();
    this.#name = name;
    this.#entryType = entryType;
    this.#startTime = startTime;
    this.#duration = duration;
  }

  get name() {
    return this.#name;
  }

  get entryType() {
    return this.#entryType;
  }

  get startTime() {
    return this.#startTime;
  }

  get duration() {
    return this.#duration;
  }

  toJSON() {
    return { name: this.#name, entryType: this.#entryType, startTime: this.#startTime, duration: this.#duration };
  }

  static {
    isPerformanceEntry = (value) => isObject(value) && #entryType in value;
    nameOf = (entry) => entry.#name;
    typeOf = (entry) => entry.#entryType;
    startOf = (entry) => entry.#startTime;
  }
}
defineInterface(PerformanceEntry, "PerformanceEntry");
showFields(isPerformanceEntry, PerformanceEntry, ["name", "entryType", "startTime", "duration"]);

export function selectByType(entries, type) {
  const wanted = DOMString(type);
  return sortByStart(keep(entries, (entry) => typeOf(entry) === wanted));
}

export function selectByName(entries, name, type) {
  const wanted = DOMString(name);
  const wantedType = type === undefined ? undefined : DOMString(type);
  return sortByStart(keep(entries, (entry) => nameOf(entry) === wanted && (wantedType === undefined || typeOf(entry) === wantedType)));
}

/** A new list of the items that `wanted(item, index)` is true for. */
export function keep(list, wanted) {
  const kept = [];
  for (let i = 0; i < list.length; i++) {
    if (wanted(list[i], i)) kept[kept.length] = list[i];
  }
  return kept;
}

const sort = Function.prototype.call.bind(Array.prototype.sort);

export function sortByStart(entries) {
  return sort(entries, (a, b) => startOf(a) - startOf(b));
}
