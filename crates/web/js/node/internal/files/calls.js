// The three forms in which Node offers each call on files: at once, with a callback, and as a promise. The work is done at
// once in all of them; a callback or promise tells of it later.
import * as openFiles from "./open-files.js";
import * as trees from "./trees.js";
import { isSystemError } from "./errors.js";
import { requireFunction } from "../validate.js";

const { queueMicrotask } = globalThis;
const { apply } = Reflect;

/** All calls, by name. */
export const calls = { __proto__: null, ...openFiles, ...trees };

export const named = (name, work) => Object.defineProperty(work, "name", { value: name, configurable: true });

/** Calls back when the running code is done. */
export const later = (callback, ...args) => queueMicrotask(() => apply(callback, undefined, args));

/** The form with a callback, which stands last. Mistakes in the arguments throw at once. */
export const withCallback = (name, call, results = (result) => [result]) =>
  named(name, (...args) => {
    const callback = args.pop();
    // What a call is about comes first, and is no callback.
    requireFunction(args.length === 0 ? undefined : callback, "cb");
    let outcome;
    try {
      const result = call(...args);
      outcome = result === undefined ? [null] : [null, ...results(result, args)];
    } catch (error) {
      if (!isSystemError(error)) throw error;
      outcome = [error];
    }
    later(callback, ...outcome);
  });

/** The form that gives a promise. */
export const withPromise = (name, call) => named(name, async (...args) => call(...args));
