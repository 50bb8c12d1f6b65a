// What goes out: its headers, and its body as a stream.
import { Writable } from "../stream.js";
import { error, invalidType, typeError } from "./errors.js";
import { requireString } from "./validate.js";

const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
// eslint-disable-next-line no-control-regex
const INVALID = /[^\t\x20-\x7e\x80-\xff]/;

export function validateHeaderName(name, label = "Header name") {
  if (typeof name !== "string" || !TOKEN.test(name)) throw typeError("ERR_INVALID_HTTP_TOKEN", `${label} must be a valid HTTP token ["${name}"]`);
}

export function validateHeaderValue(name, value) {
  if (value === undefined) throw typeError("ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "${value}" for header "${name}"`);
  if (INVALID.test(`${value}`)) throw typeError("ERR_INVALID_CHAR", `Invalid character in header content ["${name}"]`);
}

export class OutgoingMessage extends Writable {
  constructor(options) {
    super(options);
    this._fields = new Map();
    this.headersSent = false;
    this.sendDate = true;
    this.finished = false;
    this.socket = this.connection = null;
  }

  get _header() {
    return this.headersSent ? "sent" : null;
  }

  #change(what) {
    if (this.headersSent) throw error("ERR_HTTP_HEADERS_SENT", `Cannot ${what} headers after they are sent to the client`);
  }

  setHeader(name, value) {
    this.#change("set");
    validateHeaderName(name);
    for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one);
    this._fields.set(name.toLowerCase(), [name, value]);
    return this;
  }

  setHeaders(headers) {
    this.#change("set");
    if (!(headers instanceof Headers) && !(headers instanceof Map)) throw invalidType("headers", "an instance of Headers or Map", headers);
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  }

  appendHeader(name, value) {
    this.#change("append");
    const before = this.getHeader(name);
    const list = (one) => (Array.isArray(one) ? one : [one]);
    return this.setHeader(name, before === undefined ? value : [...list(before), ...list(value)]);
  }

  getHeader(name) {
    requireString(name, "name");
    return this._fields.get(name.toLowerCase())?.[1];
  }

  getHeaders() {
    const headers = { __proto__: null };
    for (const [key, [, value]] of this._fields) headers[key] = value;
    return headers;
  }

  getHeaderNames() {
    return [...this._fields.keys()];
  }

  getRawHeaderNames() {
    return [...this._fields.values()].map(([name]) => name);
  }

  hasHeader(name) {
    requireString(name, "name");
    return this._fields.has(name.toLowerCase());
  }

  removeHeader(name) {
    requireString(name, "name");
    this.#change("remove");
    this._fields.delete(name.toLowerCase());
  }

  addTrailers() {}

  setTimeout(_milliseconds, callback = undefined) {
    if (callback !== undefined) this.on("timeout", callback);
    return this;
  }

  /** The headers as the Web has them. */
  _asHeaders() {
    const headers = new Headers();
    for (const [name, value] of this._fields.values()) {
      for (const one of Array.isArray(value) ? value : [value]) headers.append(name, `${one}`);
    }
    return headers;
  }
}
