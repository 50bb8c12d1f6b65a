// URLSearchParams (https://url.spec.whatwg.org/#interface-urlsearchparams).
import {
  USVString,
  defineInterface,
  definePairIterable,
  isObject,
  record,
  requireArguments,
  sequence,
  sequenceBy,
} from "./webidl.js";
import { parsePairs, serializePairs } from "./url-encoded.js";

const sort = Function.prototype.call.bind(Array.prototype.sort);
const MADE_HERE = {};

let pairsOf;
let internals;
/** Is this a URLSearchParams? */
export let isURLSearchParams;

export class URLSearchParams {
  #pairs;
  // Of the params of a URL: called after every change, so that the URL knows that its query is out of date.
  #changed;

  constructor(init = "") {
    this.#pairs = init === MADE_HERE ? [] : pairsFrom(init);
  }

  get size() {
    return this.#pairs.length;
  }

  append(name, value) {
    requireArguments(arguments.length, 2, "URLSearchParams.append");
    const pair = [USVString(name), USVString(value)];
    this.#pairs[this.#pairs.length] = pair;
    this.#changed?.();
  }

  delete(name, value = undefined) {
    requireArguments(arguments.length, 1, "URLSearchParams.delete");
    const ofName = USVString(name);
    const ofValue = value === undefined ? undefined : USVString(value);
    this.#pairs = without(this.#pairs, ofName, ofValue, 0);
    this.#changed?.();
  }

  get(name) {
    requireArguments(arguments.length, 1, "URLSearchParams.get");
    const at = find(this.#pairs, USVString(name), undefined);
    return at === -1 ? null : this.#pairs[at][1];
  }

  getAll(name) {
    requireArguments(arguments.length, 1, "URLSearchParams.getAll");
    const ofName = USVString(name);
    const pairs = this.#pairs;
    const values = [];
    for (let i = 0; i < pairs.length; i++) {
      if (pairs[i][0] === ofName) values[values.length] = pairs[i][1];
    }
    return values;
  }

  has(name, value = undefined) {
    requireArguments(arguments.length, 1, "URLSearchParams.has");
    const ofName = USVString(name);
    const ofValue = value === undefined ? undefined : USVString(value);
    return find(this.#pairs, ofName, ofValue) !== -1;
  }

  set(name, value) {
    requireArguments(arguments.length, 2, "URLSearchParams.set");
    const ofName = USVString(name);
    const pair = [ofName, USVString(value)];
    const at = find(this.#pairs, ofName, undefined);
    if (at === -1) {
      this.#pairs[this.#pairs.length] = pair;
    } else {
      this.#pairs = without(this.#pairs, ofName, undefined, at + 1);
      this.#pairs[at] = pair;
    }
    this.#changed?.();
  }

  sort() {
    sort(this.#pairs, byName);
    this.#changed?.();
  }

  toString() {
    return serializePairs(this.#pairs);
  }

  static {
    pairsOf = (params) => params.#pairs;
    isURLSearchParams = (value) => isObject(value) && #pairs in value;
    internals = {
      setPairs(params, pairs) {
        params.#pairs = pairs;
      },
      onChange(params, changed) {
        params.#changed = changed;
      },
    };
  }
}
definePairIterable(URLSearchParams, pairsOf, "URLSearchParams");
defineInterface(URLSearchParams, "URLSearchParams");

/** The params of a URL's query; `changed` is called after every change of theirs. */
export function searchParamsOf(query, changed) {
  const params = new URLSearchParams(MADE_HERE);
  internals.setPairs(params, parsePairs(query));
  internals.onChange(params, changed);
  return params;
}

/** Takes over a URL's new query, without calling `changed`. */
export function resetSearchParams(params, query) {
  internals.setPairs(params, parsePairs(query));
}

/** The text of params, whatever the tenant did to their prototype. */
export function serializeSearchParams(params) {
  return serializePairs(pairsOf(params));
}

// (sequence<sequence<USVString>> or record<USVString, USVString> or USVString)
function pairsFrom(init) {
  if (!isObject(init)) {
    const text = USVString(init);
    return parsePairs(text.startsWith("?") ? text.slice(1) : text);
  }
  const iterator = init[Symbol.iterator];
  if (iterator === undefined || iterator === null) return record(init, USVString, USVString);
  return sequenceBy(init, iterator, toPair, "URLSearchParams constructor: the argument");
}

function toPair(value) {
  const pair = sequence(value, USVString, "URLSearchParams constructor: an item of the argument");
  if (pair.length === 2) return pair;
  throw new TypeError("URLSearchParams constructor: an item of the argument is not a pair of a name and a value.");
}

function find(pairs, name, value) {
  for (let i = 0; i < pairs.length; i++) {
    if (pairs[i][0] === name && (value === undefined || pairs[i][1] === value)) return i;
  }
  return -1;
}

function without(pairs, name, value, from) {
  const rest = [];
  for (let i = 0; i < pairs.length; i++) {
    const matches = i >= from && pairs[i][0] === name && (value === undefined || pairs[i][1] === value);
    if (!matches) rest[rest.length] = pairs[i];
  }
  return rest;
}

// JavaScript compares strings by their code units, as the standard wants it, and its sort is stable.
function byName(one, other) {
  return one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : 0;
}
