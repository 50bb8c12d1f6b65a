// Stand-ins for functions, methods and properties, which remember how they were used.
import { invalidType, invalidValue } from "./errors.js";
import { requireBoolean, requireFunction, requireInteger, requireObject } from "./validate.js";

const { apply, construct } = Reflect;

let called;

// The constructor's first argument when the platform itself makes one.
const MADE_HERE = { __proto__: null };

/** What is known of a function's calls: its `mock`. */
export class MockFunctionContext {
  #calls = [];
  #implementation;
  #once = new Map();
  #restore;
  // How many calls the implementation has left; then what it stands for comes back.
  #times;

  constructor(made = undefined, implementation = undefined, restore = undefined, times = Infinity) {
    this.#implementation = made === MADE_HERE ? implementation : undefined;
    this.#restore = made === MADE_HERE ? restore : undefined;
    this.#times = times;
  }

  get calls() {
    return this.#calls.slice();
  }

  callCount() {
    return this.#calls.length;
  }

  mockImplementation(implementation) {
    requireFunction(implementation, "implementation");
    this.#implementation = implementation;
  }

  /** Only for the next call, or the one with this number. */
  mockImplementationOnce(implementation, onCall = undefined) {
    requireFunction(implementation, "implementation");
    const next = this.#calls.length;
    const call = onCall ?? next;
    requireInteger(call, "onCall", next, Number.MAX_SAFE_INTEGER);
    this.#once.set(call, implementation);
  }

  restore() {
    const original = this.#restore?.();
    if (original !== undefined) this.#implementation = original;
  }

  resetCalls() {
    this.#calls = [];
  }

  static {
    called = (context, original, target, self, args) => context.#called(original, target, self, args);
  }

  #called(original, target, self, args) {
    const number = this.#calls.length;
    const once = this.#once.get(number);
    this.#once.delete(number);
    const run = once ?? (number < this.#times ? this.#implementation : original);
    let result;
    let error;
    let made = self;
    try {
      result = target === undefined ? apply(run, self, args) : (made = construct(run, args, target));
      return result;
    } catch (thrown) {
      error = thrown;
      throw thrown;
    } finally {
      this.#calls.push({ arguments: args, error, result, stack: new Error(), target, this: made });
      if (number + 1 === this.#times) this.restore();
    }
  }
}

/** What is known of a property's uses. */
class MockPropertyContext {
  #object;
  #name;
  #original;
  #value;
  #accesses = [];
  #once = new Map();

  constructor(object, name, value) {
    this.#object = object;
    this.#name = name;
    this.#original = Object.getOwnPropertyDescriptor(object, name);
    this.#value = value;
    const { enumerable } = this.#original;
    const accessors = {
      get: () => this.#used("get", this.#next()),
      set: (given) => {
        this.#set(given);
      },
    };
    Object.defineProperty(object, name, { configurable: true, enumerable, ...accessors });
  }

  get accesses() {
    return this.#accesses.slice();
  }

  accessCount() {
    return this.#accesses.length;
  }

  mockImplementation(value) {
    this.#requireWritable();
    this.#value = value;
  }

  mockImplementationOnce(value, onAccess = undefined) {
    const next = this.#accesses.length;
    const access = onAccess ?? next;
    requireInteger(access, "onAccess", next, Number.MAX_SAFE_INTEGER);
    this.#once.set(access, value);
  }

  resetAccesses() {
    this.#accesses = [];
  }

  restore() {
    Object.defineProperty(this.#object, this.#name, this.#original);
  }

  #next() {
    const number = this.#accesses.length;
    if (!this.#once.has(number)) return this.#value;
    const value = this.#once.get(number);
    this.#once.delete(number);
    return value;
  }

  #set(given) {
    this.#requireWritable();
    this.#value = this.#once.has(this.#accesses.length) ? this.#next() : given;
    this.#used("set", given);
  }

  #requireWritable() {
    if (this.#original.writable === false) throw invalidValue("propertyName", this.#name, "cannot be set");
  }

  #used(type, value) {
    this.#accesses.push({ type, value, stack: new Error() });
    return value;
  }
}

/** Makes stand-ins, and takes them all back. */
export class MockTracker {
  #mocks = [];

  fn(original = function () {}, implementation = original, options = {}) {
    if (typeof original === "object" && original !== null) [original, implementation, options] = [function () {}, undefined, original];
    else if (typeof implementation === "object" && implementation !== null) [implementation, options] = [original, implementation];
    implementation ??= original;
    requireFunction(original, "original");
    requireFunction(implementation, "implementation");
    requireObject(options, "options");
    const context = new MockFunctionContext(MADE_HERE, implementation, () => original, timesOf(options));
    this.#mocks.push(context);
    return standIn(original, context);
  }

  method(object, methodName, implementation = undefined, options = {}) {
    if (!isObject(object)) throw invalidType("object", "of type object", object);
    if (typeof methodName !== "string" && typeof methodName !== "symbol") throw invalidType("methodName", "one of type string or symbol", methodName);
    if (typeof implementation === "object" && implementation !== null) [implementation, options] = [undefined, implementation];
    requireObject(options, "options");
    const { getter = false, setter = false } = options;
    requireBoolean(getter, "options.getter");
    requireBoolean(setter, "options.setter");
    if (getter && setter) throw invalidValue("options.setter", setter, "cannot be used with 'options.getter'");
    const descriptor = found(object, methodName);
    const part = getter ? "get" : setter ? "set" : "value";
    const original = descriptor?.[part];
    if (typeof original !== "function") throw invalidValue("methodName", original, "must be a method");
    implementation ??= original;
    requireFunction(implementation, "implementation");
    // What was inherited stays the object's own, as in Node.
    const restore = () => void Object.defineProperty(object, methodName, descriptor);
    const context = new MockFunctionContext(MADE_HERE, implementation, restore, timesOf(options));
    const mock = standIn(original, context);
    Object.defineProperty(object, methodName, { ...descriptor, configurable: true, [part]: mock });
    this.#mocks.push(context);
    return mock;
  }

  getter(object, methodName, implementation = undefined, options = {}) {
    return this.#accessor("getter", object, methodName, implementation, options);
  }

  setter(object, methodName, implementation = undefined, options = {}) {
    return this.#accessor("setter", object, methodName, implementation, options);
  }

  /** Puts a value in the place of a property's. */
  property(object, propertyName, value = undefined) {
    if (!isObject(object)) throw invalidType("object", "of type object", object);
    if (typeof propertyName !== "string" && typeof propertyName !== "symbol") throw invalidType("propertyName", "one of type string or symbol", propertyName);
    const descriptor = Object.getOwnPropertyDescriptor(object, propertyName);
    if (descriptor === undefined) throw invalidValue("propertyName", propertyName, "is not a property of the object");
    const context = new MockPropertyContext(object, propertyName, arguments.length < 3 ? object[propertyName] : value);
    this.#mocks.push(context);
    return new Proxy(object, { get: (target, name, receiver) => (name === "mock" ? context : Reflect.get(target, name, receiver)) });
  }

  /** Takes everything back, and forgets it. */
  reset() {
    this.restoreAll();
    this.#mocks = [];
  }

  /** Takes everything back. */
  restoreAll() {
    for (const context of this.#mocks) context.restore();
  }

  #accessor(kind, object, methodName, implementation, options) {
    if (typeof implementation === "object" && implementation !== null) [implementation, options] = [undefined, implementation];
    requireObject(options, "options");
    if (options[kind] === false) throw invalidValue(`options.${kind}`, false, "cannot be false");
    return this.method(object, methodName, implementation, { ...options, [kind]: true });
  }
}

const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

function timesOf({ times }) {
  if (times === undefined) return Infinity;
  requireInteger(times, "options.times", 1, Number.MAX_SAFE_INTEGER);
  return times;
}

// A property, also if it is inherited.
function found(object, name) {
  for (let holder = object; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}

// It looks like the original, but for its `mock`.
const standIn = (original, context) =>
  new Proxy(original, {
    apply: (_target, self, args) => called(context, original, undefined, self, args),
    construct: (_target, args, target) => called(context, original, target, undefined, args),
    get: (target, name, receiver) => (name === "mock" ? context : Reflect.get(target, name, receiver)),
  });
