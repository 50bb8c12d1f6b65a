// What a worker holds of another one: stubs of things, promises of what calls will give, and the properties of both. All
// three can be called and asked for members without waiting.
import { defineInterface, illegalConstructor } from "../../webidl.js";
import { isRpcTarget, memberOf, missing } from "./targets.js";

const { apply } = Reflect;
const NativePromise = Promise;
const NativeProxy = Proxy;
const uncurry = (method) => Function.prototype.call.bind(method);
const then = uncurry(Promise.prototype.then);
const caught = uncurry(Promise.prototype.catch);
const finallyOf = uncurry(Promise.prototype.finally);
const dispose = Symbol.dispose;

/** The number of the entrypoint that a session is with. */
export const MAIN = 0;

const stubs = new WeakSet();
const isIn = uncurry(WeakSet.prototype.has);
const addTo = uncurry(WeakSet.prototype.add);

/** Is this a stub of something another worker keeps? */
export const isStub = (value) => (typeof value === "function" || typeof value === "object") && value !== null && isIn(stubs, value);

/** The stub of what the other side of a session keeps under a number. */
export const stubOf = (session, id) => stubOfRef(new StubRef(session, id));

function stubOfRef(ref) {
  const stub = proxyOf(ref, StubHandler);
  addTo(stubs, stub);
  return stub;
}

/** `new RpcStub(target)`: a stub of something of one's own, for code that does not care where a thing is. */
export class RpcStub {
  constructor(target) {
    if (!isRpcTarget(target) && typeof target !== "function") throw new TypeError("RpcStub: the target is neither an RpcTarget nor a function.");
    return stubOfRef(new OwnRef(target));
  }
}
defineInterface(RpcStub, "RpcStub");

/** What a call gives. */
export class RpcPromise {
  constructor() {
    illegalConstructor();
  }
}
defineInterface(RpcPromise, "RpcPromise");

/** What reading a member of something remote gives. */
export class RpcProperty {
  constructor() {
    illegalConstructor();
  }
}
defineInterface(RpcProperty, "RpcProperty");

class StubRef {
  session;
  id;
  disposed = false;

  constructor(session, id) {
    this.session = session;
    this.id = id;
  }

  call(path, args) {
    if (this.disposed) throw new Error("This RPC stub was disposed of.");
    return promiseOfCall(this.session, this.session.call(this.id, path, args));
  }

  dup() {
    if (this.disposed) throw new Error("This RPC stub was disposed of.");
    return this.session.dup(this.id);
  }

  dispose() {
    if (this.disposed) return;
    this.disposed = true;
    this.session.drop(this.id);
  }
}

// Something of this worker's own behind a stub.
class OwnRef {
  #target;

  constructor(target) {
    this.#target = target;
  }

  call(path, args) {
    return localPromise(reach(this.#target, path, args));
  }

  dup() {
    return stubOfRef(new OwnRef(this.#target));
  }

  dispose() {}

  get session() {
    return { whenOver() {} };
  }
}

/** Calls what lies at a path of a target, by the rules for callers from elsewhere, or reads it if there are no arguments. */
export async function reach(target, path, args) {
  let object = target;
  const last = args === null ? path.length : path.length - 1;
  for (let i = 0; i < last; i++) object = await step(object, path[i]);
  if (args === null) return object;
  if (last < 0) {
    if (typeof object !== "function") throw new TypeError("The RPC receiver is not callable.");
    return await apply(object, undefined, args);
  }
  const method = step(object, path[last]);
  if (typeof method !== "function") throw missing(path[last]);
  return await (isStub(object) ? method(...args) : apply(method, object, args));
}

// A stub's members are the other worker's: they are asked for there.
function step(object, name) {
  return isStub(object) ? object[name] : memberOf(object, name);
}

// A result that has come already, or comes by itself: calls are made on it.
class LocalRef {
  promise;

  constructor(promise) {
    this.promise = promise;
  }

  call(path, args) {
    return localPromise(then(this.promise, (value) => onValue(value, path, args)));
  }

  dispose() {
    then(this.promise, (value) => value?.[dispose]?.(), () => {});
  }
}

// The result of a call. Until it is there, calls on it are sent after the first one.
class PromiseRef extends LocalRef {
  #session;
  #id;
  #settled = false;

  constructor(session, { id, promise }) {
    super(promise);
    this.#session = session;
    this.#id = id;
    const settle = () => {
      this.#settled = true;
    };
    then(promise, settle, settle);
  }

  call(path, args) {
    if (this.#settled) return super.call(path, args);
    return promiseOfCall(this.#session, this.#session.call(["r", this.#id], path, args));
  }
}

async function onValue(value, path, args) {
  const last = args === null ? path.length : path.length - 1;
  let object = value;
  for (let i = 0; i < last; i++) object = await object[path[i]];
  if (args === null) return object;
  return await (last < 0 ? object(...args) : object[path[last]](...args));
}

/** The promise of what a call gives, on which more can be called. */
export const promiseOfCall = (session, call) => proxyOf(new PromiseRef(session, call), PromiseHandler);
const localPromise = (promise) => proxyOf(new LocalRef(promise), PromiseHandler);

/** A property of something remote: `call(path, args)` does what is done with it. */
export function propertyOf(ref, path) {
  return proxyOf({ call: (rest, args) => ref.call([...path, ...rest], args) }, PropertyHandler);
}

function proxyOf(ref, Handler) {
  // An arrow function: it can be called, and has no property that a proxy would have to show.
  return new NativeProxy(() => {}, new Handler(ref));
}

class Handler {
  ref;

  constructor(ref) {
    this.ref = ref;
  }

  apply(_target, _self, args) {
    try {
      return this.ref.call([], args);
    } catch (error) {
      // A call never throws: whatever is wrong with it, its promise says so.
      return localPromise(NativePromise.reject(error));
    }
  }

  construct() {
    throw new TypeError("What is remote cannot be constructed.");
  }

  has(_target, name) {
    return typeof name === "string";
  }

  set() {
    throw new TypeError("The properties of something remote cannot be set.");
  }

  defineProperty() {
    throw new TypeError("The properties of something remote cannot be set.");
  }

  deleteProperty() {
    throw new TypeError("The properties of something remote cannot be deleted.");
  }

  // What it is can be asked for; its members are the other side's all the same.
  getPrototypeOf() {
    return this.Class.prototype;
  }

  ownKeys() {
    return [];
  }

  getOwnPropertyDescriptor() {
    return undefined;
  }
}

class StubHandler extends Handler {
  Class = RpcStub;

  get(_target, name) {
    const { ref } = this;
    if (name === "constructor") return RpcStub;
    if (name === dispose) return () => ref.dispose();
    if (name === "dup") return () => ref.dup();
    if (name === "onRpcBroken") return (callback) => ref.session.whenOver(callback);
    // Else awaiting a stub would call it.
    if (typeof name === "symbol" || name === "then") return undefined;
    return propertyOf(ref, [name]);
  }
}

class PromiseHandler extends Handler {
  Class = RpcPromise;

  get(_target, name) {
    const { ref } = this;
    if (name === dispose) return () => ref.dispose();
    const method = thenable(name, () => ref.promise);
    if (method !== undefined) return method;
    return typeof name === "symbol" ? undefined : propertyOf(ref, [name]);
  }
}

class PropertyHandler extends Handler {
  Class = RpcProperty;

  get(_target, name) {
    const { ref } = this;
    // Awaiting a property asks for its value.
    const method = thenable(name, () => new NativePromise((resolve) => resolve(ref.call([], null))));
    if (method !== undefined) return method;
    return typeof name === "symbol" ? undefined : propertyOf(ref, [name]);
  }
}

function thenable(name, promise) {
  if (name === "then") return (fulfilled, rejected) => then(promise(), fulfilled, rejected);
  if (name === "catch") return (rejected) => caught(promise(), rejected);
  if (name === "finally") return (callback) => finallyOf(promise(), callback);
  return undefined;
}
