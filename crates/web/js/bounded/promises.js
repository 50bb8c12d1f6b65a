// What waits for many promises. Its iterator may be a built-in without an end, and the engine's own is lost when an
// iterator throws after many values: each of them makes it copy all that came before.
import { append, isObject } from "./elements.js";
import { guard } from "./guard.js";

const NativeAggregateError = AggregateError;
const NativeTypeError = TypeError;
const { apply } = Reflect;
const { iterator } = Symbol;

// So many are left to the engine, whose stack traces know what waits for them.
const FEW = 1 << 12;

// Goes through a list without asking anybody.
class Walk {
  #list;
  #next = 0;
  constructor(list) {
    this.#list = list;
  }
  [iterator]() {
    return this;
  }
  next() {
    const index = this.#next++;
    return index < this.#list.length ? { done: false, value: this.#list[index] } : { done: true, value: undefined };
  }
}

// An iterable that only throws.
class Failure {
  #error;
  constructor(error) {
    this.#error = error;
  }
  get [iterator]() {
    throw this.#error;
  }
}

function listOf(iterable) {
  const list = [];
  let length = 0;
  for (const value of iterable) append(list, length++, value);
  return list;
}

// What to give to the built-in, or the list if it is too long for that.
function prepare(iterable) {
  // What is no iterable is left to the built-in, which says so.
  if (!isObject(iterable)) return { few: iterable, many: undefined };
  try {
    const list = listOf(iterable);
    return list.length <= FEW ? { few: new Walk(list), many: undefined } : { few: undefined, many: list };
  } catch (error) {
    return { few: new Failure(error), many: undefined };
  }
}

// `add(values, index, done)` gives what a promise is to call, `finish` does what is due when all have called `done`.
function combine(constructor, list, finish, add) {
  if (!isObject(constructor)) throw new NativeTypeError("Promise method called on non-object");
  let resolve;
  let reject;
  const result = new constructor((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  try {
    const { resolve: toPromise } = constructor;
    if (typeof toPromise !== "function") throw new NativeTypeError("Promise resolve or reject function is not callable");
    const values = [];
    let left = 1;
    const done = () => {
      if (--left === 0) finish(values, resolve, reject);
    };
    for (let index = 0; index < list.length; index++) {
      append(values, index, undefined);
      const promise = apply(toPromise, constructor, [list[index]]);
      left++;
      const { onValue, onError } = add(values, index, done);
      promise.then(onValue ?? resolve, onError ?? reject);
    }
    done();
  } catch (error) {
    reject(error);
  }
  return result;
}

// A function that keeps what it is given the first time that it is called.
function keeper(values, index, done) {
  let called = false;
  return (value) => {
    if (called) return;
    called = true;
    values[index] = value;
    done();
  };
}

const fulfilled = (value) => ({ status: "fulfilled", value });
const rejected = (reason) => ({ status: "rejected", reason });
const give = (values, resolve) => resolve(values);

const all = (constructor, list) =>
  combine(constructor, list, give, (values, index, done) => ({ onValue: keeper(values, index, done) }));

function allSettled(constructor, list) {
  return combine(constructor, list, give, (values, index, done) => {
    // Whichever of the two is called first.
    let called = false;
    const settle = (shape) => (value) => {
      if (called) return;
      called = true;
      values[index] = shape(value);
      done();
    };
    return { onValue: settle(fulfilled), onError: settle(rejected) };
  });
}

function any(constructor, list) {
  const refuse = (errors, resolve, reject) => reject(new NativeAggregateError(new Walk(errors), "All promises were rejected"));
  return combine(constructor, list, refuse, (errors, index, done) => ({ onError: keeper(errors, index, done) }));
}

guard(Promise, {
  all(iterable) {
    const { few, many } = prepare(iterable);
    return many === undefined ? super.all(few) : all(this, many);
  },
  allSettled(iterable) {
    const { few, many } = prepare(iterable);
    return many === undefined ? super.allSettled(few) : allSettled(this, many);
  },
  any(iterable) {
    const { few, many } = prepare(iterable);
    return many === undefined ? super.any(few) : any(this, many);
  },
});
