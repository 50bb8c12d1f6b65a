// The methods of arrays that call a function for each element. The function may be a built-in, so nothing else looks at
// whether the turn is over; long arrays and what only resembles one are therefore gone through in JavaScript.
import { isShort, LENGTH_MAX, makeOf, put, requireFunction, speciesOf, toInteger, toLength, toObject } from "./elements.js";
import { guard } from "./guard.js";

const NativeTypeError = TypeError;
const { apply } = Reflect;
const { isArray } = Array;

const FORWARD = 1;
const BACKWARD = -1;

// Calls `callback` for what is there, until it gives `stop` (as a boolean); true if it did.
function visit(target, method, callback, thisArg, stop) {
  const list = toObject(target, method);
  const length = toLength(list.length);
  requireFunction(callback);
  for (let i = 0; i < length; i++) {
    if (i in list && !!apply(callback, thisArg, [list[i], i, list]) === stop) return true;
  }
  return false;
}

function each(target, callback, thisArg) {
  const list = toObject(target, "forEach");
  const length = toLength(list.length);
  requireFunction(callback);
  for (let i = 0; i < length; i++) {
    if (i in list) apply(callback, thisArg, [list[i], i, list]);
  }
}

function mapped(target, callback, thisArg) {
  const list = toObject(target, "map");
  const length = toLength(list.length);
  requireFunction(callback);
  const result = makeOf(speciesOf(list), length);
  for (let i = 0; i < length; i++) {
    if (i in list) put(result, i, apply(callback, thisArg, [list[i], i, list]));
  }
  return result;
}

function filtered(target, callback, thisArg) {
  const list = toObject(target, "filter");
  const length = toLength(list.length);
  requireFunction(callback);
  const result = makeOf(speciesOf(list), 0);
  let to = 0;
  for (let i = 0; i < length; i++) {
    if (!(i in list)) continue;
    const value = list[i];
    if (apply(callback, thisArg, [value, i, list])) put(result, to++, value);
  }
  return result;
}

// Gives the index of what `callback` says yes to, or -1; `keep` gets the element.
function seek(target, method, direction, callback, thisArg, keep) {
  const list = toObject(target, method);
  const length = toLength(list.length);
  requireFunction(callback);
  const end = direction === FORWARD ? length : -1;
  for (let i = direction === FORWARD ? 0 : length - 1; i !== end; i += direction) {
    const value = list[i];
    if (apply(callback, thisArg, [value, i, list])) {
      keep.value = value;
      return i;
    }
  }
  return -1;
}

function sought(target, method, direction, callback, thisArg) {
  const keep = { value: undefined };
  seek(target, method, direction, callback, thisArg, keep);
  return keep.value;
}

function reduced(target, method, direction, callback, rest) {
  const list = toObject(target, method);
  const length = toLength(list.length);
  requireFunction(callback);
  const end = direction === FORWARD ? length : -1;
  let i = direction === FORWARD ? 0 : length - 1;
  let result = rest[0];
  if (rest.length === 0) {
    while (i !== end && !(i in list)) i += direction;
    if (i === end) throw new NativeTypeError("Reduce of empty array with no initial value");
    result = list[i];
    i += direction;
  }
  for (; i !== end; i += direction) {
    if (i in list) result = apply(callback, undefined, [result, list[i], i, list]);
  }
  return result;
}

// FlattenIntoArray. Its depth is bounded by the stack, as the standard's is.
function flattenInto(result, start, list, length, depth, callback, thisArg) {
  let to = start;
  for (let i = 0; i < length; i++) {
    if (!(i in list)) continue;
    let value = list[i];
    if (callback !== undefined) value = apply(callback, thisArg, [value, i, list]);
    if (depth > 0 && isArray(value)) {
      to = flattenInto(result, to, value, toLength(value.length), depth - 1);
    } else {
      if (to >= LENGTH_MAX) throw new NativeTypeError("The array would be too long");
      put(result, to++, value);
    }
  }
  return to;
}

guard(Array.prototype, {
  every(callback, thisArg = undefined) {
    return isShort(this) ? super.every(callback, thisArg) : !visit(this, "every", callback, thisArg, false);
  },
  some(callback, thisArg = undefined) {
    return isShort(this) ? super.some(callback, thisArg) : visit(this, "some", callback, thisArg, true);
  },
  forEach(callback, thisArg = undefined) {
    return isShort(this) ? super.forEach(callback, thisArg) : each(this, callback, thisArg);
  },
  map(callback, thisArg = undefined) {
    return isShort(this) ? super.map(callback, thisArg) : mapped(this, callback, thisArg);
  },
  filter(callback, thisArg = undefined) {
    return isShort(this) ? super.filter(callback, thisArg) : filtered(this, callback, thisArg);
  },
  find(callback, thisArg = undefined) {
    return isShort(this) ? super.find(callback, thisArg) : sought(this, "find", FORWARD, callback, thisArg);
  },
  findIndex(callback, thisArg = undefined) {
    return isShort(this) ? super.findIndex(callback, thisArg) : seek(this, "findIndex", FORWARD, callback, thisArg, {});
  },
  findLast(callback, thisArg = undefined) {
    return isShort(this) ? super.findLast(callback, thisArg) : sought(this, "findLast", BACKWARD, callback, thisArg);
  },
  findLastIndex(callback, thisArg = undefined) {
    return isShort(this) ? super.findLastIndex(callback, thisArg) : seek(this, "findLastIndex", BACKWARD, callback, thisArg, {});
  },
  // Arrays in arrays make far more than they take, and whether they are long is known only once they are looked at.
  flat() {
    const list = toObject(this, "flat");
    const length = toLength(list.length);
    const depth = arguments[0] === undefined ? 1 : toInteger(arguments[0]);
    const result = makeOf(speciesOf(list), 0);
    flattenInto(result, 0, list, length, depth);
    return result;
  },
  flatMap(callback, thisArg = undefined) {
    const list = toObject(this, "flatMap");
    const length = toLength(list.length);
    if (typeof callback !== "function") throw new NativeTypeError("flatMap mapper function is not callable");
    const result = makeOf(speciesOf(list), 0);
    flattenInto(result, 0, list, length, 1, callback, thisArg);
    return result;
  },
});

// Whether they were given an initial value makes a difference, also if it is undefined. Apart from the others, since
// `arguments` would cost them something.
guard(Array.prototype, {
  reduce(callback) {
    if (!isShort(this)) return reduced(this, "reduce", FORWARD, callback, rest(arguments));
    return arguments.length > 1 ? super.reduce(callback, arguments[1]) : super.reduce(callback);
  },
  reduceRight(callback) {
    if (!isShort(this)) return reduced(this, "reduceRight", BACKWARD, callback, rest(arguments));
    return arguments.length > 1 ? super.reduceRight(callback, arguments[1]) : super.reduceRight(callback);
  },
});

function rest(args) {
  return args.length > 1 ? [args[1]] : [];
}
