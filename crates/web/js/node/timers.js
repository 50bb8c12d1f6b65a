// `node:timers`. Timers are objects here, and numbers as well where one is wanted.
import * as web from "../timers.js";
import { requireFunction } from "./internal/validate.js";
import promises from "./timers/promises.js";

const customPromisify = Symbol.for("nodejs.util.promisify.custom");

export class Timeout {
  #id;
  #start;
  #referenced = true;

  constructor(start) {
    this.#start = start;
    this.#begin();
  }

  #begin() {
    this.#id = this.#start();
  }

  ref() {
    this.#referenced = true;
    return this;
  }

  unref() {
    this.#referenced = false;
    return this;
  }

  hasRef() {
    return this.#referenced;
  }

  refresh() {
    this.close();
    this.#begin();
    return this;
  }

  close() {
    web.clearTimeout(this.#id);
    return this;
  }

  [Symbol.toPrimitive]() {
    return this.#id;
  }

  [Symbol.dispose]() {
    this.close();
  }
}

class Immediate {
  #id;

  constructor(callback, args) {
    this.#id = web.setTimeout(() => Reflect.apply(callback, undefined, args), 0);
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  hasRef() {
    return true;
  }

  close() {
    web.clearTimeout(this.#id);
  }

  [Symbol.dispose]() {
    this.close();
  }
}

// What cannot be a delay is none. Why not Node's millisecond: immediates would overtake timers that were set before them.
const delayOf = (delay) => (delay >= 1 && delay <= 2147483647 ? Math.trunc(delay) : 0);

export function setTimeout(callback, delay = 1, ...args) {
  requireFunction(callback, "callback");
  return new Timeout(() => web.setTimeout(() => Reflect.apply(callback, undefined, args), delayOf(+delay)));
}

export function setInterval(callback, delay = 1, ...args) {
  requireFunction(callback, "callback");
  return new Timeout(() => web.setInterval(() => Reflect.apply(callback, undefined, args), delayOf(+delay)));
}

export function setImmediate(callback, ...args) {
  requireFunction(callback, "callback");
  return new Immediate(callback, args);
}

export function clearTimeout(timer) {
  if (timer instanceof Timeout) timer.close();
  else if (typeof timer === "number" || typeof timer === "string") web.clearTimeout(Number(timer));
}

export const clearInterval = (timer) => clearTimeout(timer);

export function clearImmediate(immediate) {
  if (immediate instanceof Immediate) immediate.close();
}

for (const [timer, promised] of [
  [setTimeout, promises.setTimeout],
  [setImmediate, promises.setImmediate],
]) {
  Object.defineProperty(timer, customPromisify, { enumerable: true, get: () => promised });
}

/** Old ways to have an object call its `_onTimeout` after a while. */
export function enroll(item, milliseconds) {
  item._idleTimeout = milliseconds;
}

export function unenroll(item) {
  clearTimeout(item._idleTimer);
}

export function active(item) {
  unenroll(item);
  if (item._idleTimeout >= 0) item._idleTimer = setTimeout(() => item._onTimeout?.(), item._idleTimeout);
}

export { promises };
export default { active, clearImmediate, clearInterval, clearTimeout, enroll, promises, setImmediate, setInterval, setTimeout, unenroll };
