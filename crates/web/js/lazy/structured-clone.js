// structuredClone (https://html.spec.whatwg.org/multipage/structured-data.html).
//
// Why not V8's serializer: it writes strings out each time that it meets them, into memory that counts towards no
// heap, so an array of a million references to one long string would take the machine down. Here serialization and
// deserialization are one walk that makes each clone at once. Strings are shared, all that is made lies in the tenant's
// own heap, and the order in which the tenant's getters run is the standard's.
import { dictionary, isObject, requireArguments, sequence } from "../webidl.js";
import { isDOMException } from "../dom-exception.js";
import { stackOf } from "../error-stack.js";
import { className } from "./inspect/shape.js";
import { cannotClone, cloneSimple, copyBuffer, hide, isDetached, transferBuffer, viewOf } from "./structured-clone-leaves.js";
import * as kind from "../kinds.js";
import { native } from "../native.js";
import { cloneables, platformPrototypes, transferables } from "../registered.js";
import { isStream, isStreamFree, transferStream } from "./stream-transfer.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const { construct } = Reflect;
const { keys: ownKeys, hasOwn, defineProperty: define, getPrototypeOf: prototypeOf, getOwnPropertyDescriptor: descriptorOf } = Object;
const ObjectPrototype = Object.prototype;
const isEnumerable = uncurry(ObjectPrototype.propertyIsEnumerable);
const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const NativeMap = Map;
const NativeSet = Set;
const mapGet = uncurry(Map.prototype.get);
const mapSet = uncurry(Map.prototype.set);
const mapHas = uncurry(Map.prototype.has);
const mapClear = uncurry(Map.prototype.clear);
const mapForEach = uncurry(Map.prototype.forEach);
const addTo = uncurry(Set.prototype.add);
const hasIn = uncurry(Set.prototype.has);
const setClear = uncurry(Set.prototype.clear);
const setForEach = uncurry(Set.prototype.forEach);

const { kindOf } = native;
const isPrimitive = (value) => (typeof value !== "object" || value === null) && typeof value !== "function";

export function structuredClone(value, options = undefined) {
  requireArguments(arguments.length, 1, "structuredClone");
  const transfer = transferList(dictionary(options, "structuredClone: the options"));
  // What every request does that clones a string or a number: nothing.
  if (transfer === undefined && isPrimitive(value) && typeof value !== "symbol") return value;
  const cloner = new Cloner(transfer);
  return cloner.finish(cloner.clone(value));
}

/** Clones a value and gives away what is in the list; `moved` are those that have taken their places, in its order. */
export function cloneForTransfer(value, transfer) {
  const cloner = new Cloner(transfer);
  const result = cloner.finish(cloner.clone(value));
  return { value: result, moved: cloner.moved(transfer.length) };
}

// Longer arrays may be sparse: they are asked for the indices that they have, at the price of a string for each.
const DENSE_LENGTH_MAX = 1 << 16;

class Cloner {
  // From each object met to its clone, or to the `Late` that stands for it.
  #memory = new NativeMap();
  #transfer;
  #late = [];

  constructor(transfer) {
    this.#transfer = transfer;
    for (let i = 0; transfer !== undefined && i < transfer.length; i++) this.#announce(transfer[i]);
  }

  #announce(object) {
    const { transfer } = transferableOf(object);
    if (mapHas(this.#memory, object)) throw cannotClone("An object that is in the transfer list twice");
    const late = new Late(() => transfer(object));
    this.#late[this.#late.length] = late;
    mapSet(this.#memory, object, late);
  }

  /** What has taken the places of the first so many objects of the transfer list. */
  moved(count) {
    const moved = [];
    for (let i = 0; i < count; i++) moved[i] = this.#late[i].value;
    return moved;
  }

  /** Detaches what is transferred, and puts into place what had to wait for that. */
  finish(result) {
    const { length } = this.#transfer ?? [];
    for (let i = 0; i < length; i++) {
      transferableOf(this.#transfer[i]).check(this.#transfer[i]);
    }
    for (let i = 0; i < this.#late.length; i++) this.#late[i].arrive();
    return result instanceof Late ? result.value : result;
  }

  clone(value) {
    if (isPrimitive(value)) {
      if (typeof value === "symbol") throw cannotClone("A symbol");
      return value;
    }
    const known = mapGet(this.#memory, value);
    return known === undefined ? this.#cloneObject(value, kindOf(value)) : known;
  }

  #cloneObject(value, what) {
    switch (what) {
      case kind.PLAIN:
        return this.#clonePlain(value);
      case kind.ARRAY:
        return this.#cloneArray(value);
      case kind.MAP:
        return this.#cloneMap(value);
      case kind.SET:
        return this.#cloneSet(value);
      case kind.ERROR:
        return isDOMException(value) ? this.#cloneRegistered(value) : this.#cloneError(value);
      case kind.ARRAY_BUFFER:
        return this.#remember(value, copyBuffer(value));
      case kind.TYPED_ARRAY:
      case kind.DATA_VIEW:
        return this.#cloneView(value, what);
      default:
        return this.#remember(value, cloneSimple(value, what));
    }
  }

  #remember(value, clone) {
    mapSet(this.#memory, value, clone);
    return clone;
  }

  #clonePlain(value) {
    if (isPlatformObject(value)) return this.#cloneRegistered(value);
    const clone = this.#remember(value, {});
    this.#cloneProperties(value, clone, ownKeys(value));
    return clone;
  }

  #cloneRegistered(value) {
    for (let i = 0; i < cloneables.length; i++) {
      if (cloneables[i].is(value)) return this.#remember(value, cloneables[i].clone(value));
    }
    throw cannotClone(`An object of the class ${className(value) ?? "Object"}`);
  }

  #cloneArray(value) {
    const clone = this.#remember(value, []);
    const { length } = value;
    clone.length = length;
    if (length <= DENSE_LENGTH_MAX) {
      for (let i = 0; i < length; i++) {
        if (isEnumerable(value, i)) this.#put(clone, i, this.clone(value[i]));
      }
      this.#cloneProperties(value, clone, native.namedKeys(value));
    } else {
      this.#cloneProperties(value, clone, ownKeys(value));
    }
    return clone;
  }

  #cloneProperties(value, clone, keys) {
    for (let i = 0; i < keys.length; i++) {
      // An earlier getter may have taken it away.
      if (hasOwn(value, keys[i])) this.#put(clone, keys[i], this.clone(value[keys[i]]));
    }
  }

  #cloneMap(value) {
    const clone = this.#remember(value, new NativeMap());
    const pairs = [];
    mapForEach(value, (item, key) => (pairs[pairs.length] = { key, item }));
    let late = false;
    for (let i = 0; i < pairs.length; i++) {
      const key = (pairs[i].key = this.clone(pairs[i].key));
      const item = (pairs[i].item = this.clone(pairs[i].item));
      late ||= key instanceof Late || item instanceof Late;
      if (!late) mapSet(clone, key, item);
    }
    if (late) this.#finishLater(() => refillMap(clone, pairs));
    return clone;
  }

  #cloneSet(value) {
    const clone = this.#remember(value, new NativeSet());
    const items = [];
    setForEach(value, (item) => (items[items.length] = item));
    let late = false;
    for (let i = 0; i < items.length; i++) {
      items[i] = this.clone(items[i]);
      late ||= items[i] instanceof Late;
      if (!late) addTo(clone, items[i]);
    }
    if (late) this.#finishLater(() => refillSet(clone, items));
    return clone;
  }

  #cloneError(value) {
    const { name } = value;
    const constructor = errorConstructor(name === undefined ? "Error" : `${name}`);
    const message = ownDataValue(value, "message");
    const clone = this.#remember(value, message === undefined ? construct(constructor, []) : construct(constructor, [`${message}`]));
    hide(clone, "stack", stackOf(value));
    if (hasOwn(value, "cause")) {
      hide(clone, "cause", undefined);
      this.#put(clone, "cause", this.clone(value.cause));
    }
    return clone;
  }

  #cloneView(value, what) {
    const view = viewOf(value, what);
    const buffer = this.clone(view.buffer);
    if (!(buffer instanceof Late)) return this.#remember(value, view.over(buffer));
    const late = new Late(() => view.over(buffer.value));
    this.#late[this.#late.length] = late;
    return this.#remember(value, late);
  }

  #put(target, key, clone) {
    if (!(clone instanceof Late)) {
      setOwn(target, key, clone);
      return;
    }
    // The place is taken already now, so that the properties keep their order.
    setOwn(target, key, undefined);
    this.#finishLater(() => setOwn(target, key, clone.value));
  }

  #finishLater(arrive) {
    this.#late[this.#late.length] = { arrive };
  }
}

// Stands for a clone that can be made only when everything else has been read: one that needs a transferred buffer,
// because nothing may be detached before it is known that all can be cloned.
class Late {
  value;
  #make;

  constructor(make) {
    this.#make = make;
  }

  arrive() {
    this.value = this.#make();
  }
}

const valueIn = (one) => (one instanceof Late ? one.value : one);

function refillMap(clone, pairs) {
  mapClear(clone);
  for (let i = 0; i < pairs.length; i++) mapSet(clone, valueIn(pairs[i].key), valueIn(pairs[i].item));
}

function refillSet(clone, items) {
  setClear(clone);
  for (let i = 0; i < items.length; i++) addTo(clone, valueIn(items[i]));
}

const OF_BUFFERS = {
  transfer: transferBuffer,
  check(buffer) {
    if (isDetached(buffer)) throw cannotClone("A detached ArrayBuffer");
    if (!native.isDetachable(buffer)) throw cannotClone("The buffer of a WebAssembly.Memory, being in the transfer list,");
  },
};

const OF_STREAMS = {
  transfer: transferStream,
  check(stream) {
    if (!isStreamFree(stream)) throw cannotClone("A stream that is locked");
  },
};

// How an object is given away.
function transferableOf(object) {
  if (kindOf(object) === kind.ARRAY_BUFFER) return OF_BUFFERS;
  if (isStream(object)) return OF_STREAMS;
  for (let i = 0; i < transferables.length; i++) {
    const { is, isFree, transfer } = transferables[i];
    if (is(object)) return { transfer, check: (given) => checkFree(isFree, given) };
  }
  throw cannotClone("A value in the transfer list that is not an ArrayBuffer, a MessagePort or a stream");
}

function checkFree(isFree, object) {
  if (!isFree(object)) throw cannotClone("An object that was given away before");
}

function transferList({ transfer }) {
  if (transfer === undefined) return undefined;
  const list = sequence(transfer, requireObject, "structuredClone: the transfer list");
  return list.length === 0 ? undefined : list;
}

function requireObject(value) {
  if (!isObject(value)) throw new TypeError("structuredClone: the transfer list holds something that is not an object.");
  return value;
}

function isPlatformObject(value) {
  let prototype = prototypeOf(value);
  while (prototype !== null && prototype !== ObjectPrototype) {
    if (hasIn(platformPrototypes, prototype)) return true;
    // A proxy in the chain would run a tenant's trap; and nothing of the platform lies behind one.
    if (kindOf(prototype) === kind.PROXY) return false;
    prototype = prototypeOf(prototype);
  }
  return false;
}

function errorConstructor(name) {
  switch (name) {
    case "EvalError":
      return errors.EvalError;
    case "RangeError":
      return errors.RangeError;
    case "ReferenceError":
      return errors.ReferenceError;
    case "SyntaxError":
      return errors.SyntaxError;
    case "TypeError":
      return errors.TypeError;
    case "URIError":
      return errors.URIError;
    default:
      return errors.Error;
  }
}

function setOwn(target, key, value) {
  // Only a key that the chain knows can have a setter there (such as `__proto__`), and defining is slow.
  if (key in target) define(target, key, { __proto__: null, value, writable: true, enumerable: enumerableAt(target, key), configurable: true });
  else target[key] = value;
}

// What is there already keeps its being hidden; what is new is seen.
function enumerableAt(target, key) {
  return !hasOwn(target, key) || isEnumerable(target, key);
}

function ownDataValue(object, key) {
  const descriptor = descriptorOf(object, key);
  return descriptor !== undefined && hasOwn(descriptor, "value") ? descriptor.value : undefined;
}
