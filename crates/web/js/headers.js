// Headers (https://fetch.spec.whatwg.org/#headers-class). There are two guards only: a worker may set every header,
// so what it made itself is free, and what came from outside (incoming requests, fetched responses) is immutable.
import { defineInterface, definePairIterable, requireArguments } from "./webidl.js";
import { appendTo, copyList, deleteFrom, hasIn, headerName, headerValue, listOfInit, setIn, sortedPairs, valueIn } from "./header-list.js";
import { native } from "./native.js";

// The constructor's first argument when the platform itself makes an object: tenants never see it.
const INTERNAL = { __proto__: null };

// After so many single look-ups the whole list of an incoming request is fetched: one crossing for all the rest.
const SINGLE_LOOKUPS_MAX = 6;

let listOf;
/** A Headers object that takes over a list. */
export const createHeaders = (list) => new Headers(INTERNAL, list, 0, false);
/** Headers that nobody may change: of a fetched response. */
export const createImmutableHeaders = (list) => new Headers(INTERNAL, list, 0, true);
/** The headers of an incoming request. They stay in Rust until they are needed as a whole. */
export const createIncomingHeaders = (eventId) => new Headers(INTERNAL, null, eventId, true);
export let isHeaders;

export class Headers {
  // The list, or null while the headers of event `#eventId` are still in Rust.
  #list;
  #eventId = 0;
  #lookups = 0;
  #immutable = false;
  // What iteration shows, until the next change.
  #pairs = null;

  constructor(init = undefined, list, eventId, immutable) {
    if (init === INTERNAL) {
      this.#list = list;
      this.#eventId = eventId;
      this.#immutable = immutable;
      return;
    }
    this.#list = init === undefined ? [] : listOfHeadersInit(init, "Headers constructor");
  }

  append(name, value) {
    this.#check(arguments.length, 2, "Headers.append");
    const lower = headerName(name, "Headers.append");
    const text = headerValue(value, "Headers.append");
    appendTo(this.#change("Headers.append"), lower, text);
  }

  set(name, value) {
    this.#check(arguments.length, 2, "Headers.set");
    const lower = headerName(name, "Headers.set");
    const text = headerValue(value, "Headers.set");
    setIn(this.#change("Headers.set"), lower, text);
  }

  delete(name) {
    this.#check(arguments.length, 1, "Headers.delete");
    const lower = headerName(name, "Headers.delete");
    deleteFrom(this.#change("Headers.delete"), lower);
  }

  get(name) {
    this.#check(arguments.length, 1, "Headers.get");
    return this.#value(headerName(name, "Headers.get"));
  }

  has(name) {
    this.#check(arguments.length, 1, "Headers.has");
    const lower = headerName(name, "Headers.has");
    return this.#list === null ? this.#value(lower) !== null : hasIn(this.#list, lower);
  }

  getSetCookie() {
    const list = this.#whole();
    const values = [];
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === "set-cookie") values[values.length] = list[i + 1];
    }
    return values;
  }

  /** The older name of `getSetCookie`, which Workers kept. */
  getAll(name) {
    this.#check(arguments.length, 1, "Headers.getAll");
    if (headerName(name, "Headers.getAll") !== "set-cookie") {
      throw new TypeError("Headers.getAll: the only header name it takes is 'Set-Cookie'.");
    }
    return this.getSetCookie();
  }

  // Throws on a wrong receiver, too, before any argument is converted.
  #check(length, required, what) {
    if (length < required) requireArguments(length, required, what);
  }

  #value(name) {
    if (this.#list !== null) return valueIn(this.#list, name);
    if (++this.#lookups > SINGLE_LOOKUPS_MAX) return valueIn(this.#whole(), name);
    return native.requestHeader(this.#eventId, name) ?? null;
  }

  #whole() {
    return (this.#list ??= native.requestHeaders(this.#eventId));
  }

  #change(what) {
    if (this.#immutable) throw new TypeError(`${what}: these headers are immutable.`);
    this.#pairs = null;
    return this.#list;
  }

  static {
    listOf = (headers) => headers.#whole();
    isHeaders = (value) => typeof value === "object" && value !== null && #immutable in value;
    definePairIterable(Headers, (headers) => (headers.#pairs ??= sortedPairs(headers.#whole())), "Headers");
  }
}
defineInterface(Headers, "Headers");

const entries = Headers.prototype.entries;

/** The list of a Headers object itself, not a copy. */
export const headerListOf = (headers) => listOf(headers);

/** A new list of any HeadersInit. */
export function listOfHeadersInit(init, what) {
  // Copied at once unless the tenant gave the object or the class another way to be iterated.
  if (isHeaders(init) && init[Symbol.iterator] === entries) return copyList(listOf(init));
  return listOfInit(init, what);
}
