// What values hold beside their properties: items, entries, bytes, a promise's state.
import * as kind from "../../kinds.js";
import { native } from "../../native.js";
import { hex, numberText } from "./primitives.js";
import * as lang from "../../primordials.js";

/** How many items of one list are shown, unless more or fewer are wanted. */
export const ITEMS_MAX = 100;
const BYTES_MAX = 50;

/**
 * Adds a value's contents to `parts`, each made by `child(value)` or by `spend(text)`; stops when `hasRoom()` says so.
 * Gives the number of parts at the end that stand for what was left out.
 */
export function addContents({ value, what, length, parts, child, spend, hasRoom, itemsMax }) {
  const add = (text) => {
    parts[parts.length] = text;
  };
  const context = { value, length, add, child, spend, hasRoom, itemsMax };
  switch (what) {
    case kind.ARRAY:
    case kind.ARGUMENTS:
      return addItems(context);
    case kind.TYPED_ARRAY:
      return addNumbers(context);
    case kind.MAP:
      return addEntries(context);
    case kind.SET:
      return addMembers(context);
    case kind.PROMISE:
      return addState(context);
    case kind.ARRAY_BUFFER:
      return addBytes(context);
    case kind.DATA_VIEW:
      return addView(context);
    case kind.WEAK_MAP:
    case kind.WEAK_SET:
      add(spend("<items unknown>"));
      return 0;
    default:
      return 0;
  }
}

function addItems({ value, length, add, child, spend, hasRoom, itemsMax }) {
  let shown = 0;
  let index = 0;
  while (index < length && shown < itemsMax && hasRoom()) {
    const descriptor = lang.descriptorOf(value, index);
    if (descriptor === undefined) {
      const next = nextIndex(value, index, length);
      add(spend(`<${next - index} empty item${next - index === 1 ? "" : "s"}>`));
      index = next;
    } else {
      add(propertyValue(descriptor, child, spend));
      index++;
    }
    shown++;
  }
  return addRest(length - index, add, spend);
}

// Looks at the keys only where a hole is long: an array may have a length of thousands of millions and no items.
function nextIndex(array, from, length) {
  for (let i = from; i < length && i < from + 1000; i++) {
    if (lang.hasOwn(array, i)) return i;
  }
  const keys = lang.ownKeys(array);
  for (let i = 0; i < keys.length; i++) {
    const index = lang.toNumber(keys[i]);
    if (index >= from && index < length) return index;
  }
  return length;
}

function addNumbers({ value, length, add, spend, hasRoom, itemsMax }) {
  const most = lang.min(length, itemsMax);
  let shown = 0;
  for (let i = 0; i < most && hasRoom(); i++, shown++) add(spend(typeof value[i] === "bigint" ? `${value[i]}n` : numberText(value[i])));
  return addRest(length - shown, add, spend);
}

function addMembers({ value, length, add, child, spend, hasRoom, itemsMax }) {
  const members = firstOf(itemsMax, (visit) => lang.setForEach(value, visit));
  let shown = 0;
  for (; shown < members.length && hasRoom(); shown++) add(child(members[shown].item));
  return addRest(length - shown, add, spend);
}

function addEntries({ value, length, add, child, spend, hasRoom, itemsMax }) {
  const entries = firstOf(itemsMax, (visit) => lang.mapForEach(value, visit));
  let shown = 0;
  for (; shown < entries.length && hasRoom(); shown++) add(`${child(entries[shown].key)} => ${child(entries[shown].item)}`);
  return addRest(length - shown, add, spend);
}

function firstOf(count, forEach) {
  const found = [];
  forEach((item, key) => {
    if (found.length < count) found[found.length] = { key, item };
  });
  return found;
}

function addRest(rest, add, spend) {
  if (rest <= 0) return 0;
  add(spend(`... ${rest} more item${rest === 1 ? "" : "s"}`));
  return 1;
}

function addState({ value, add, child, spend }) {
  const state = native.promiseState(value);
  if (state === undefined) add(spend("<pending>"));
  else add(state[0] ? child(state[1]) : `${spend("<rejected>")} ${child(state[1])}`);
  return 0;
}

function addBytes({ value, add, spend }) {
  const length = lang.bufferLength(value);
  let text = "";
  try {
    const bytes = new lang.Bytes(value);
    const shown = lang.min(length, BYTES_MAX);
    for (let i = 0; i < shown; i++) text += `${i === 0 ? "" : " "}${hex(bytes[i], 2)}`;
    const rest = length - shown;
    if (rest > 0) text += ` ... ${rest} more byte${rest === 1 ? "" : "s"}`;
  } catch {
    add(spend("(detached)"));
  }
  add(spend(`[Uint8Contents]: <${text}>`));
  add(spend(`byteLength: ${length}`));
  return 0;
}

function addView({ value, add, child, spend }) {
  add(spend(`byteLength: ${lang.dataViewLength(value)}`));
  add(spend(`byteOffset: ${lang.dataViewOffset(value)}`));
  add(`buffer: ${child(lang.dataViewBuffer(value))}`);
  return 0;
}

/** A property's value; an accessor is named and not called. */
export function propertyValue(descriptor, child, spend) {
  if (descriptor.get !== undefined) return spend(descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]");
  if (descriptor.set !== undefined) return spend("[Setter]");
  return child(descriptor.value);
}
