// `node:async_hooks`: AsyncLocalStorage and AsyncResource. What is stored travels with the code, through every `await`;
// V8 carries it, with a key for each storage.
import { framed, unframed, valueOf, within } from "../lazy/async-frames.js";
import { native } from "../native.js";
import { requireFunction, requireString } from "./internal/validate.js";

export class AsyncLocalStorage {
  // Not the storage itself: a frame that outlives it must not keep it alive.
  #key = {};
  #name;
  #defaultValue;

  constructor(options = {}) {
    this.#name = options.name === undefined ? "" : String(options.name);
    this.#defaultValue = options.defaultValue;
  }

  static bind(callback) {
    return AsyncResource.bind(callback);
  }

  static snapshot() {
    const frame = native.asyncFrame();
    return function (callback, ...args) {
      return within(frame, callback, this, args);
    };
  }

  get name() {
    return this.#name;
  }

  run(store, callback, ...args) {
    return within(framed(native.asyncFrame(), this.#key, store), callback, undefined, args);
  }

  exit(callback, ...args) {
    return within(unframed(native.asyncFrame(), this.#key), callback, undefined, args);
  }

  getStore() {
    return valueOf(this.#key, this.#defaultValue);
  }

  enterWith(store) {
    native.setAsyncFrame(framed(native.asyncFrame(), this.#key, store));
  }

  disable() {
    native.setAsyncFrame(unframed(native.asyncFrame(), this.#key));
  }
}

let lastId = 1;

export class AsyncResource {
  #id = ++lastId;
  #trigger;
  #frame = native.asyncFrame();

  constructor(type, options = {}) {
    requireString(type, "type");
    const trigger = typeof options === "number" ? options : options?.triggerAsyncId;
    this.#trigger = trigger ?? executionAsyncId();
  }

  static bind(callback, type = undefined, receiver = undefined) {
    return new AsyncResource(type || callback.name || "bound-anonymous-fn").bind(callback, receiver);
  }

  bind(callback, receiver = undefined) {
    requireFunction(callback, "fn");
    const resource = this;
    function bound(...args) {
      return resource.runInAsyncScope(callback, receiver === undefined ? this : receiver, ...args);
    }
    Object.defineProperty(bound, "length", { value: callback.length, configurable: true });
    return bound;
  }

  runInAsyncScope(callback, receiver, ...args) {
    return within(this.#frame, callback, receiver, args);
  }

  emitDestroy() {
    return this;
  }

  asyncId() {
    return this.#id;
  }

  triggerAsyncId() {
    return this.#trigger;
  }
}

// Ids of the running code: nothing here counts its resources, and on Workers these are 0 as well.
export const executionAsyncId = () => 0;
export const triggerAsyncId = () => 0;
export const executionAsyncResource = () => ({});

/** Hooks are never called: nothing here observes resources. */
export function createHook() {
  const hook = {
    enable: () => hook,
    disable: () => hook,
  };
  return hook;
}

export const asyncWrapProviders = Object.freeze({ __proto__: null });

export default {
  AsyncLocalStorage,
  AsyncResource,
  asyncWrapProviders,
  createHook,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
};
