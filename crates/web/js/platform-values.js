// What `console` shows of the platform's own objects, and which of them `structuredClone` can copy beside those that
// say so themselves. It stands apart so that no interface has to know of the two.
import { AbortSignal, isAbortSignal } from "./abort.js";
import { Blob, File, fileOfBlob, isBlob, isFile, nameOfFile } from "./blob.js";
import { Event, isEvent } from "./event-target.js";
import { Headers, isHeaders } from "./headers.js";
import { Request, isRequest } from "./request.js";
import { Response, isResponse } from "./response.js";
import { registerCloneable, registerInspector } from "./registered.js";
import { URLSearchParams, isURLSearchParams } from "./url-search-params.js";
import { URL, isURL } from "./url.js";

const apply = Reflect.apply;
const uncurry = (method) => Function.prototype.call.bind(method);

showFields(isRequest, Request, ["method", "url", "headers", "redirect", "bodyUsed"]);
showFields(isResponse, Response, ["status", "statusText", "ok", "redirected", "type", "url", "headers", "bodyUsed"]);
showFields(isURL, URL, ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "searchParams", "hash"]);
// A File is a Blob, too: the more special one first.
showFields(isFile, File, ["name", "size", "type", "lastModified"]);
showFields(isBlob, Blob, ["size", "type"]);
showFields(isAbortSignal, AbortSignal, ["aborted", "reason"]);
showFields(isEvent, Event, ["type", "defaultPrevented", "cancelable", "timeStamp"]);
showPairs(isHeaders, Headers, "fields");
showPairs(isURLSearchParams, URLSearchParams, "entries");

const sliceOfBlob = uncurry(Blob.prototype.slice);
const sizeOfBlob = uncurry(getterOf(Blob, "size"));
const typeOfBlob = uncurry(getterOf(Blob, "type"));
// A slice of the whole shares the bytes, which never change.
registerCloneable(isFile, (file) => fileOfBlob(file, nameOfFile(file)));
registerCloneable(isBlob, (blob) => sliceOfBlob(blob, 0, sizeOfBlob(blob), typeOfBlob(blob)));

/** Has `console` show these attributes of what `is` says is an instance of `Class`. */
export function showFields(is, Class, names) {
  const getters = [];
  for (let i = 0; i < names.length; i++) getters[i] = getterOf(Class, names[i]);
  registerInspector(is, (value) => {
    const fields = { __proto__: null };
    for (let i = 0; i < names.length; i++) fields[names[i]] = ask(getters[i], value);
    return { fields };
  });
}

function getterOf(Class, name) {
  for (let holder = Class.prototype; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name);
    if (descriptor !== undefined) return descriptor.get;
  }
  throw new Error(`${Class.name} has no attribute ${name}`);
}

// What belongs to an event that is over can no longer be asked.
function ask(getter, value) {
  try {
    return apply(getter, value, []);
  } catch {
    return undefined;
  }
}

/** Has `console` show the pairs of what `is` says is an instance of `Class`. */
export function showPairs(is, Class, as) {
  const forEach = uncurry(Class.prototype.forEach);
  registerInspector(is, (value) => {
    const pairs = [];
    forEach(value, (item, key) => {
      pairs[pairs.length] = [key, item];
    });
    return as === "entries" ? { entries: pairs } : { fields: fieldsOf(pairs) };
  });
}

function fieldsOf(pairs) {
  const fields = { __proto__: null };
  for (let i = 0; i < pairs.length; i++) fields[pairs[i][0]] = pairs[i][1];
  return fields;
}
