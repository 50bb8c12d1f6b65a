// ReadableStream.from(): a stream over anything that can be iterated.

import { isObject } from "../../webidl.js";
import { promiseRejectedWith, promiseResolvedWith, transformPromise } from "./promises.js";
import { createReadableStream, readableStreamDefaultControllerClose, readableStreamDefaultControllerEnqueue } from "./readable-default.js";

const { apply } = Reflect;
const { asyncIterator: asyncIteratorSymbol, iterator: iteratorSymbol } = Symbol;

/** ReadableStreamFromIterable. */
export function readableStreamFromIterable(asyncIterable) {
  const iterator = iteratorOf(asyncIterable);
  const pull = () => {
    let next;
    try {
      next = promiseResolvedWith(iterator.next());
    } catch (error) {
      return promiseRejectedWith(error);
    }
    return transformPromise(next, (result) => {
      if (!isObject(result)) throw new TypeError("ReadableStream.from: the iterator's next() gave something that is not an object.");
      if (result.done) readableStreamDefaultControllerClose(stream.controller);
      else readableStreamDefaultControllerEnqueue(stream.controller, result.value);
    });
  };
  const cancel = (reason) => {
    let returned;
    try {
      const method = methodOf(iterator.object, "return");
      if (method === undefined) return promiseResolvedWith(undefined);
      returned = promiseResolvedWith(iterator.return(method, reason));
    } catch (error) {
      return promiseRejectedWith(error);
    }
    return transformPromise(returned, (result) => {
      if (!isObject(result)) throw new TypeError("ReadableStream.from: the iterator's return() gave something that is not an object.");
    });
  };
  const stream = createReadableStream(() => undefined, pull, cancel, 0);
  return stream;
}

// GetIterator(iterable, async).
function iteratorOf(iterable) {
  if (iterable === undefined || iterable === null) throw new TypeError(`ReadableStream.from: ${iterable} is not iterable.`);
  const asyncMethod = methodOf(iterable, asyncIteratorSymbol);
  if (asyncMethod !== undefined) return new AsyncIteration(iteratorBy(asyncMethod, iterable));
  const method = methodOf(iterable, iteratorSymbol);
  if (method === undefined) throw new TypeError("ReadableStream.from: the argument is not iterable.");
  return new SyncIteration(iteratorBy(method, iterable));
}

function iteratorBy(method, iterable) {
  const iterator = apply(method, iterable, []);
  if (!isObject(iterator)) throw new TypeError("ReadableStream.from: the argument's iterator is not an object.");
  return iterator;
}

function methodOf(value, key) {
  const method = value[key];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") throw new TypeError("ReadableStream.from: a method of the argument or of its iterator is not a function.");
  return method;
}

class AsyncIteration {
  constructor(object) {
    this.object = object;
    this.nextMethod = object.next;
  }

  next() {
    return apply(this.nextMethod, this.object, []);
  }

  return(method, reason) {
    return apply(method, this.object, [reason]);
  }
}

// An %AsyncFromSyncIteratorPrototype% object: what it gives are promises, and the values are awaited.
class SyncIteration extends AsyncIteration {
  next() {
    const result = super.next();
    if (!isObject(result)) throw new TypeError("ReadableStream.from: the iterator's next() gave something that is not an object.");
    return this.#awaitValue(result, true);
  }

  return(method, reason) {
    const result = super.return(method, reason);
    if (!isObject(result)) throw new TypeError("ReadableStream.from: the iterator's return() gave something that is not an object.");
    return this.#awaitValue(result, false);
  }

  #awaitValue(result, closeOnRejection) {
    const done = !!result.done;
    const value = promiseResolvedWith(result.value);
    const onRejected = done || !closeOnRejection ? undefined : (error) => {
      this.#close();
      throw error;
    };
    return transformPromise(value, (awaited) => ({ value: awaited, done }), onRejected);
  }

  // Whatever goes wrong in here, the rejection that led to it is what counts.
  #close() {
    try {
      const method = methodOf(this.object, "return");
      if (method !== undefined) apply(method, this.object, []);
    } catch {}
  }
}
