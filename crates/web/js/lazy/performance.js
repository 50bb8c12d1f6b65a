// High resolution time (https://w3c.github.io/hr-time/) and user timing (https://w3c.github.io/user-timing/).
// The clock stands still during a turn: `now()` gives the time of the last I/O.
import {
  DOMString,
  defineInterface,
  dictionary,
  double,
  illegalConstructor,
  isObject,
  requireArguments,
} from "../webidl.js";
import { DOMException } from "../dom-exception.js";
import { EventTarget } from "../event-target.js";
import { load } from "../lazy.js";
import { native } from "../native.js";
import {
  MADE_HERE,
  PerformanceEntry,
  keep,
  nameOf,
  selectByName,
  selectByType,
  sortByStart,
  startOf,
  typeOf,
} from "./performance-entry.js";
import { notifyObservers, setTimeline } from "./performance-observer.js";
import { structuredClone } from "./structured-clone.js";

// How many marks and measures an isolate remembers. Why a limit: an isolate serves many events, and one that marks
// each of them must not grow for ever; the oldest go first.
const ENTRIES_MAX = 10_000;

const sinceOrigin = () => native.now() - native.timeOrigin();

export class PerformanceMark extends PerformanceEntry {
  #detail;

  constructor(markName, markOptions = undefined) {
    requireArguments(arguments.length, 1, "PerformanceMark");
    const name = DOMString(markName);
    const { detail, startTime } = dictionary(markOptions, "PerformanceMark: the options");
    const start = startTime === undefined ? sinceOrigin() : double(startTime, "PerformanceMark: the start time");
    if (start < 0) throw new TypeError("PerformanceMark: the start time is negative.");
    super(MADE_HERE, name, "mark", start, 0);
    this.#detail = cloneDetail(detail);
  }

  get detail() {
    return this.#detail;
  }

  toJSON() {
    return { ...super.toJSON(), detail: this.#detail };
  }
}
defineInterface(PerformanceMark, "PerformanceMark");

export class PerformanceMeasure extends PerformanceEntry {
  #detail;

  constructor(token = undefined, name, startTime, duration, detail) {
    super(token, name, "measure", startTime, duration);
    this.#detail = detail;
  }

  get detail() {
    return this.#detail;
  }

  toJSON() {
    return { ...super.toJSON(), detail: this.#detail };
  }
}
defineInterface(PerformanceMeasure, "PerformanceMeasure");

export class Performance extends EventTarget {
  // In the order in which they were made.
  #entries = [];

  constructor(token = undefined) {
    if (token !== MADE_HERE) illegalConstructor();
    super();
  }

  get timeOrigin() {
    this.#entries;
    return native.timeOrigin();
  }

  get eventCounts() {
    this.#entries;
    return load("lazy/performance-more.js").eventCounts;
  }

  now() {
    this.#entries;
    return sinceOrigin();
  }

  mark(markName, markOptions = undefined) {
    this.#entries;
    requireArguments(arguments.length, 1, "Performance.mark");
    const mark = new PerformanceMark(markName, markOptions);
    this.#remember(mark);
    return mark;
  }

  measure(measureName, startOrOptions = undefined, endMark = undefined) {
    this.#entries;
    requireArguments(arguments.length, 1, "Performance.measure");
    const name = DOMString(measureName);
    const options = measureOptions(startOrOptions);
    if (options.isDictionary) requireConsistent(options, endMark);
    const end = this.#endOf(options, endMark);
    const start = this.#startOf(options);
    const measure = new PerformanceMeasure(MADE_HERE, name, start, end - start, cloneDetail(options.detail));
    this.#remember(measure);
    return measure;
  }

  clearMarks(markName = undefined) {
    this.#forget("mark", markName);
  }

  clearMeasures(measureName = undefined) {
    this.#forget("measure", measureName);
  }

  // Nothing of the network is timed here; the method exists because libraries call it.
  clearResourceTimings() {
    this.#entries;
  }

  setResourceTimingBufferSize() {
    this.#entries;
  }

  getEntries() {
    return sortByStart(keep(this.#entries, () => true));
  }

  getEntriesByType(type) {
    this.#entries;
    requireArguments(arguments.length, 1, "Performance.getEntriesByType");
    return selectByType(this.#entries, type);
  }

  getEntriesByName(name, type = undefined) {
    this.#entries;
    requireArguments(arguments.length, 1, "Performance.getEntriesByName");
    return selectByName(this.#entries, name, type);
  }

  // What Node has beside the standard. The clock stands still while code runs, so there is nothing to measure.
  get nodeTiming() {
    this.#entries;
    return load("lazy/performance-more.js").nodeTiming;
  }

  eventLoopUtilization() {
    this.#entries;
    return { idle: 0, active: 0, utilization: 0 };
  }

  markResourceTiming() {
    this.#entries;
  }

  timerify(callback) {
    this.#entries;
    return load("lazy/performance-more.js").timerify(callback);
  }

  toJSON() {
    this.#entries;
    return { timeOrigin: native.timeOrigin() };
  }

  static {
    setTimeline((type) => selectByType(performance.#entries, type));
  }

  #remember(entry) {
    const entries = this.#entries;
    if (entries.length >= ENTRIES_MAX) this.#entries = keep(entries, (_, index) => index >= ENTRIES_MAX / 10);
    this.#entries[this.#entries.length] = entry;
    notifyObservers(entry);
  }

  #forget(type, name) {
    if (name === undefined) {
      this.#entries = keep(this.#entries, (entry) => typeOf(entry) !== type);
      return;
    }
    const unwanted = DOMString(name);
    this.#entries = keep(this.#entries, (entry) => typeOf(entry) !== type || nameOf(entry) !== unwanted);
  }

  // What "the end" and "the start" of a measure are: user timing, "the performance.measure() method", steps 2 and 3.
  #endOf({ start, end, duration }, endMark) {
    if (endMark !== undefined) return this.#timeOf(DOMString(endMark));
    if (end !== undefined) return this.#timeOf(end);
    if (start !== undefined && duration !== undefined) return this.#timeOf(start) + duration;
    return sinceOrigin();
  }

  #startOf({ start, end, duration }) {
    if (start !== undefined) return this.#timeOf(start);
    if (duration !== undefined && end !== undefined) return this.#timeOf(end) - duration;
    return 0;
  }

  #timeOf(mark) {
    if (typeof mark === "number") {
      if (mark < 0) throw new TypeError("Performance.measure: a time is negative.");
      return mark;
    }
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i];
      if (typeOf(entry) === "mark" && nameOf(entry) === mark) return startOf(entry);
    }
    throw new DOMException(`Performance.measure: there is no mark named '${mark}'.`, "SyntaxError");
  }
}
defineInterface(Performance, "Performance");

export const performance = new Performance(MADE_HERE);

// (DOMString or PerformanceMeasureOptions): a string names the mark to start at.
function measureOptions(value) {
  if (value === undefined || value === null) return { isDictionary: false };
  if (!isObject(value)) return { isDictionary: false, start: DOMString(value) };
  const { detail, duration, end, start } = value;
  return {
    isDictionary: detail !== undefined || duration !== undefined || end !== undefined || start !== undefined,
    detail,
    duration: duration === undefined ? undefined : double(duration, "Performance.measure: the duration"),
    end: markOrTime(end),
    start: markOrTime(start),
  };
}

function markOrTime(value) {
  if (value === undefined) return undefined;
  return typeof value === "number" ? double(value, "Performance.measure: a time") : DOMString(value);
}

function requireConsistent({ start, end, duration }, endMark) {
  if (endMark !== undefined) throw new TypeError("Performance.measure: an end mark cannot be given beside options.");
  if (start === undefined && end === undefined) throw new TypeError("Performance.measure: the options need a start or an end.");
  if (start !== undefined && end !== undefined && duration !== undefined) {
    throw new TypeError("Performance.measure: start, end and duration cannot all be given.");
  }
}

function cloneDetail(detail) {
  return detail === undefined || detail === null ? null : structuredClone(detail);
}
