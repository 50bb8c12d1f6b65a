// FormData (https://xhr.spec.whatwg.org/#interface-formdata).
import { USVString, defineInterface, definePairIterable, isObject, requireArguments } from "../webidl.js";
import { bytesOfBlob, fileOfBlob, isBlob, isFile } from "../blob.js";
import { isOn } from "../compatibility.js";
import * as multipart from "./multipart.js";
import * as urlEncoded from "../url-encoded.js";
import { native } from "../native.js";
import { showPairs } from "../platform-values.js";

let entriesOf;
let setEntries;
/** Is this a FormData? */
export let isFormData;

export class FormData {
  // [name, value] pairs; a value is a string or a File.
  #entries = [];

  constructor(form = undefined) {
    // There is no document, so nothing that could be given is a form.
    if (form !== undefined) throw new TypeError("FormData constructor: the argument is not an HTMLFormElement.");
  }

  append(name, value, filename = undefined) {
    requireArguments(arguments.length, 2, "FormData.append");
    const entry = toEntry(name, value, arguments.length > 2, filename, "FormData.append");
    const entries = this.#entries;
    entries[entries.length] = entry;
  }

  delete(name) {
    requireArguments(arguments.length, 1, "FormData.delete");
    this.#entries = without(this.#entries, USVString(name), 0);
  }

  get(name) {
    requireArguments(arguments.length, 1, "FormData.get");
    const at = find(this.#entries, USVString(name));
    return at === -1 ? null : this.#entries[at][1];
  }

  getAll(name) {
    requireArguments(arguments.length, 1, "FormData.getAll");
    const ofName = USVString(name);
    const entries = this.#entries;
    const values = [];
    for (let i = 0; i < entries.length; i++) {
      if (entries[i][0] === ofName) values[values.length] = entries[i][1];
    }
    return values;
  }

  has(name) {
    requireArguments(arguments.length, 1, "FormData.has");
    return find(this.#entries, USVString(name)) !== -1;
  }

  set(name, value, filename = undefined) {
    requireArguments(arguments.length, 2, "FormData.set");
    const entry = toEntry(name, value, arguments.length > 2, filename, "FormData.set");
    const at = find(this.#entries, entry[0]);
    if (at === -1) {
      this.#entries[this.#entries.length] = entry;
      return;
    }
    this.#entries = without(this.#entries, entry[0], at + 1);
    this.#entries[at] = entry;
  }

  static {
    entriesOf = (formData) => formData.#entries;
    setEntries = (formData, entries) => {
      formData.#entries = entries;
    };
    isFormData = (value) => isObject(value) && #entries in value;
  }
}
definePairIterable(FormData, entriesOf, "FormData");
defineInterface(FormData, "FormData");
showPairs(isFormData, FormData, "entries");

/** A FormData as a multipart/form-data body: `{ boundary, bytes }`. */
export function encodeMultipart(formData) {
  return multipart.encodePairs(entriesOf(formData));
}

/** The FormData that a multipart/form-data body holds. Throws a TypeError if it is malformed. */
export function parseMultipart(bytes, boundary) {
  const pairs = multipart.parsePairs(bytes, boundary);
  if (!isOn("formdata_parser_supports_files")) filesToText(pairs);
  return formDataOf(pairs);
}

// As it was before there was File.
function filesToText(pairs) {
  for (let i = 0; i < pairs.length; i++) {
    if (isBlob(pairs[i][1])) pairs[i][1] = native.utf8Decode(bytesOfBlob(pairs[i][1]), false, true);
  }
}

/** The FormData that an application/x-www-form-urlencoded body holds, given as bytes or as text. */
export function parseUrlEncoded(body) {
  const text = typeof body === "string" ? body : native.utf8Decode(body, false, true);
  return formDataOf(urlEncoded.parsePairs(text));
}

function formDataOf(pairs) {
  const formData = new FormData();
  setEntries(formData, pairs);
  return formData;
}

// https://xhr.spec.whatwg.org/#create-an-entry
function toEntry(name, value, hasFilename, filename, what) {
  const entryName = USVString(name);
  if (!isBlob(value)) {
    if (hasFilename) throw new TypeError(`${what}: only a Blob can have a file name.`);
    return [entryName, USVString(value)];
  }
  if (filename !== undefined) return [entryName, fileOfBlob(value, USVString(filename))];
  return [entryName, isFile(value) ? value : fileOfBlob(value, "blob")];
}

function find(entries, name) {
  for (let i = 0; i < entries.length; i++) {
    if (entries[i][0] === name) return i;
  }
  return -1;
}

function without(entries, name, from) {
  const rest = [];
  for (let i = 0; i < entries.length; i++) {
    if (i < from || entries[i][0] !== name) rest[rest.length] = entries[i];
  }
  return rest;
}
