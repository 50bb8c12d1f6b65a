// Promises as the specification handles them: made, settled and reacted to with the builtins that were there
// before any tenant, so that a patched `Promise.prototype.then` neither sees nor breaks a stream.

const NativePromise = Promise;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const nativeThen = uncurry(Promise.prototype.then);
const nativeResolve = Promise.resolve.bind(Promise);
const nativeReject = Promise.reject.bind(Promise);
const { apply } = Reflect;

/** A promise together with the two functions that settle it. `pending` says whether one was called. */
export class Deferred {
  constructor() {
    this.pending = true;
    this.promise = new NativePromise((resolve, reject) => {
      this.settleResolve = resolve;
      this.settleReject = reject;
    });
  }

  resolve(value) {
    this.pending = false;
    this.settleResolve(value);
  }

  reject(reason) {
    this.pending = false;
    this.settleReject(reason);
  }
}

// One settled promise serves every "a promise resolved with undefined" that nobody outside can hold on to
// in order to compare it.
export const resolvedUndefined = nativeResolve(undefined);

/** "A promise resolved with": a native promise is taken as it is, which saves two turns of the microtask queue. */
export function promiseResolvedWith(value) {
  return value === undefined ? resolvedUndefined : nativeResolve(value);
}

/**
 * The same to the turn, where programs see which of two things came first: a native promise counts two turns after it settled. Why not
 * `new Promise((resolve) => resolve(promise))`: it would call a patched `then`.
 */
export function promiseInItsTurn(value) {
  if (value === undefined) return resolvedUndefined;
  const promise = nativeResolve(value);
  if (promise !== value) return promise;
  return new NativePromise((resolve, reject) => {
    nativeThen(resolvedUndefined, () => {
      nativeThen(promise, () => resolve(undefined), reject);
    });
  });
}

/** A promise that a tenant gets: never shared, because tenants may put properties on it. */
export function freshResolved(value) {
  return nativeResolve(value);
}

export function promiseRejectedWith(reason) {
  return nativeReject(reason);
}

/** "Upon fulfillment" and "upon rejection"; neither callback may throw. */
export function upon(promise, onFulfilled, onRejected) {
  nativeThen(promise, onFulfilled, onRejected);
}

export function uponRejection(promise, onRejected) {
  nativeThen(promise, undefined, onRejected);
}

/** "The result of reacting to". */
export function transformPromise(promise, onFulfilled, onRejected) {
  return nativeThen(promise, onFulfilled, onRejected);
}

/** "Set [[PromiseIsHandled]] to true": nobody is told when it stays rejected without a reaction. */
export function markHandled(promise) {
  nativeThen(promise, undefined, ignore);
  return promise;
}

export function rejectedAndHandled(reason) {
  return markHandled(nativeReject(reason));
}

/** "Queue a microtask to perform". */
export function queueMicrotaskSteps(steps) {
  nativeThen(resolvedUndefined, steps);
}

/** Fulfils with undefined once both promises did; rejects with the first rejection. */
export function waitForBoth(first, second) {
  return new NativePromise((resolve, reject) => {
    let left = 2;
    const one = () => {
      if (--left === 0) resolve(undefined);
    };
    nativeThen(first, one, reject);
    nativeThen(second, one, reject);
  });
}

/** Calls a method that a tenant gave, as Web IDL invokes a callback that returns a promise. */
export function invokePromise(method, thisArg, args, resolved = promiseResolvedWith) {
  let result;
  try {
    result = apply(method, thisArg, args);
  } catch (error) {
    return promiseRejectedWith(error);
  }
  try {
    return resolved(result);
  } catch (error) {
    // A promise whose `constructor` is a getter that throws.
    return promiseRejectedWith(error);
  }
}

export const alwaysResolved = () => resolvedUndefined;

export function ignore() {}
