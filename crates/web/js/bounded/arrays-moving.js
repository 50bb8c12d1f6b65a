// The methods of arrays that move or copy elements.
import {
  append,
  isDense,
  isObject,
  isSolid,
  isSpreadable,
  makeOf,
  newArray,
  put,
  requireLength,
  speciesOf,
  toIndex,
  toInteger,
  toLength,
  toObject,
} from "./elements.js";
import { guard } from "./guard.js";
import { isRealArray } from "./proxies.js";

const NativeRangeError = RangeError;
const { apply } = Reflect;
const { min, max } = Math;

// What a built-in may fill at once of an array that may be a dictionary.
const FILLED_MAX = 1 << 16;

// Copies what is at `from`, also that there is nothing.
function move(list, from, to) {
  if (from in list) list[to] = list[from];
  else delete list[to];
}

function concatenated(target, items) {
  const list = toObject(target, "concat");
  const result = makeOf(speciesOf(list), 0);
  let to = spread(result, 0, list);
  for (let i = 0; i < items.length; i++) to = spread(result, to, items[i]);
  result.length = to;
  return result;
}

function spread(result, start, item) {
  if (!isSpreadable(item)) {
    requireLength(start + 1);
    put(result, start, item);
    return start + 1;
  }
  const length = toLength(item.length);
  requireLength(start + length);
  for (let i = 0; i < length; i++) {
    if (i in item) put(result, start + i, item[i]);
  }
  return start + length;
}

// As much as a built-in may put together at once.
const CONCATENATED_MAX = 1 << 22;

// Whether all of these are arrays that are not too long in all, or no objects.
function joinsSoon(list, items) {
  let total = list.length;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (isSolid(item)) total += item.length;
    else if (isObject(item)) return false;
  }
  return total <= CONCATENATED_MAX;
}

function copiedWithin(target, to, start, end) {
  const list = toObject(target, "copyWithin");
  const length = toLength(list.length);
  let into = toIndex(to, length);
  let from = toIndex(start, length);
  let count = min((end === undefined ? length : toIndex(end, length)) - from, length - into);
  let step = 1;
  if (from < into && into < from + count) {
    step = -1;
    from += count - 1;
    into += count - 1;
  }
  for (; count > 0; count--, from += step, into += step) move(list, from, into);
  return list;
}

function filled(target, value, start, end) {
  const list = toObject(target, "fill");
  const length = toLength(list.length);
  const to = end === undefined ? length : toIndex(end, length);
  for (let i = toIndex(start, length); i < to; i++) list[i] = value;
  return list;
}

function reversed(target) {
  const list = toObject(target, "reverse");
  const length = toLength(list.length);
  for (let low = 0, high = length - 1; low < high; low++, high--) {
    const hasLow = low in list;
    const lowValue = hasLow ? list[low] : undefined;
    const hasHigh = high in list;
    const highValue = hasHigh ? list[high] : undefined;
    if (hasHigh) list[low] = highValue;
    else if (hasLow) delete list[low];
    if (hasLow) list[high] = lowValue;
    else if (hasHigh) delete list[high];
  }
  return list;
}

function shifted(target) {
  const list = toObject(target, "shift");
  const length = toLength(list.length);
  if (length === 0) {
    list.length = 0;
    return undefined;
  }
  const first = list[0];
  for (let i = 1; i < length; i++) move(list, i, i - 1);
  delete list[length - 1];
  list.length = length - 1;
  return first;
}

function unshifted(target, items) {
  const list = toObject(target, "unshift");
  const length = toLength(list.length);
  const count = items.length;
  if (count > 0) {
    requireLength(length + count);
    for (let i = length - 1; i >= 0; i--) move(list, i, i + count);
    for (let i = 0; i < count; i++) list[i] = items[i];
  }
  list.length = length + count;
  return length + count;
}

function sliced(target, start, end) {
  const list = toObject(target, "slice");
  const length = toLength(list.length);
  const from = toIndex(start, length);
  const to = end === undefined ? length : toIndex(end, length);
  const species = speciesOf(list);
  const result = makeOf(species, max(to - from, 0));
  const add = species === undefined ? append : put;
  let count = 0;
  for (let i = from; i < to; i++, count++) {
    if (i in list) add(result, count, list[i]);
  }
  result.length = count;
  return result;
}

// What `splice` and `toSpliced` make of their arguments.
function cut(args, length) {
  const start = toIndex(args[0], length);
  if (args.length === 0) return { start, count: 0 };
  return { start, count: args.length === 1 ? length - start : min(max(toInteger(args[1]), 0), length - start) };
}

function spliced(target, args) {
  const list = toObject(target, "splice");
  const length = toLength(list.length);
  const { start, count } = cut(args, length);
  const added = max(args.length - 2, 0);
  requireLength(length + added - count);
  const removed = makeOf(speciesOf(list), count);
  for (let i = 0; i < count; i++) {
    if (start + i in list) put(removed, i, list[start + i]);
  }
  removed.length = count;
  if (added < count) {
    for (let i = start; i < length - count; i++) move(list, i + count, i + added);
    for (let i = length; i > length - count + added; i--) delete list[i - 1];
  } else if (added > count) {
    for (let i = length - count - 1; i >= start; i--) move(list, i + count, i + added);
  }
  for (let i = 0; i < added; i++) list[start + i] = args[i + 2];
  list.length = length - count + added;
  return removed;
}

function toSpliced(target, args) {
  const list = toObject(target, "toSpliced");
  const length = toLength(list.length);
  const { start, count } = cut(args, length);
  const added = max(args.length - 2, 0);
  requireLength(length + added - count);
  const result = newArray(length + added - count);
  for (let i = 0; i < start; i++) put(result, i, list[i]);
  for (let i = 0; i < added; i++) put(result, start + i, args[i + 2]);
  for (let i = start + count; i < length; i++) put(result, i - count + added, list[i]);
  return result;
}

function toReversed(target) {
  const list = toObject(target, "toReversed");
  const length = toLength(list.length);
  const result = newArray(length);
  for (let i = 0; i < length; i++) put(result, i, list[length - 1 - i]);
  return result;
}

function withOne(target, index, value) {
  const list = toObject(target, "with");
  const length = toLength(list.length);
  const relative = toInteger(index);
  const at = relative >= 0 ? relative : length + relative;
  if (at >= length || at < 0) throw new NativeRangeError(`Invalid index : ${relative}`);
  const result = newArray(length);
  for (let i = 0; i < length; i++) put(result, i, i === at ? value : list[i]);
  return result;
}

guard(Array.prototype, {
  copyWithin(target, start) {
    return isDense(this) ? super.copyWithin(target, start, arguments[2]) : copiedWithin(this, target, start, arguments[2]);
  },
  fill(value) {
    if (isDense(this)) return super.fill(value, arguments[1], arguments[2]);
    if (!isRealArray(this)) return filled(this, value, arguments[1], arguments[2]);
    const { length } = this;
    const from = toIndex(arguments[1], length);
    const to = arguments[2] === undefined ? length : toIndex(arguments[2], length);
    for (let i = from; i < to; i += FILLED_MAX) super.fill(value, i, min(i + FILLED_MAX, to));
    return this;
  },
  reverse() {
    return isSolid(this) ? super.reverse() : reversed(this);
  },
  shift() {
    return isSolid(this) ? super.shift() : shifted(this);
  },
  slice(start, end) {
    return isSolid(this) ? super.slice(start, end) : sliced(this, start, end);
  },
  toReversed() {
    return isSolid(this) ? super.toReversed() : toReversed(this);
  },
  with(index, value) {
    return isSolid(this) ? super.with(index, value) : withOne(this, index, value);
  },
});

// How many arguments they were given makes a difference to these.
guard(Array.prototype, {
  concat(item) {
    if (!isSolid(this) || !joinsSoon(this, arguments)) return concatenated(this, arguments);
    return arguments.length === 1 ? super.concat(item) : apply(super.concat, this, arguments);
  },
  splice(start, count) {
    if (!isSolid(this)) return spliced(this, arguments);
    return arguments.length === 2 ? super.splice(start, count) : apply(super.splice, this, arguments);
  },
  toSpliced(start, count) {
    return isSolid(this) ? apply(super.toSpliced, this, arguments) : toSpliced(this, arguments);
  },
  unshift(item) {
    if (!isSolid(this)) return unshifted(this, arguments);
    return arguments.length === 1 ? super.unshift(item) : apply(super.unshift, this, arguments);
  },
});
