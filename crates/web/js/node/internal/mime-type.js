// MIMEType and MIMEParams of `node:util` (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type).
import { typeError } from "./errors.js";

const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;
const QUOTED = /^[\t -~\u0080-\u00ff]*$/;
const trimmed = (text) => text.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "");
const trimmedEnd = (text) => text.replace(/[\t\n\f\r ]+$/, "");

function bad(what, text, at) {
  const position = at === undefined ? "" : ` at ${at}`;
  return typeError("ERR_INVALID_MIME_SYNTAX", `The MIME syntax for a ${what} in "${text}" is invalid${position}`);
}

function checked(value, what, pattern = TOKEN) {
  const text = `${value}`;
  const invalid = text === "" ? 0 : [...text].findIndex((c) => !pattern.test(c));
  if ((text === "" && pattern === TOKEN) || invalid > 0 || (invalid === 0 && text !== "")) throw bad(what, text, text === "" ? undefined : invalid);
  return text;
}

let readInto;

export class MIMEParams {
  #entries = new Map();

  delete(name) {
    this.#entries.delete(`${name}`);
  }

  get(name) {
    return this.#entries.get(`${name}`) ?? null;
  }

  has(name) {
    return this.#entries.has(`${name}`);
  }

  set(name, value) {
    this.#entries.set(checked(name, "parameter name"), checked(value, "parameter value", QUOTED));
  }

  *entries() {
    yield* this.#entries.entries();
  }

  *keys() {
    yield* this.#entries.keys();
  }

  *values() {
    yield* this.#entries.values();
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  toJSON() {
    return this.toString();
  }

  toString() {
    return [...this.#entries].map(([name, value]) => `${name}=${TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`).join(";");
  }

  // What stands behind the type: `;name=value;other="quoted value"`. What is no parameter is passed over.
  #read(text) {
    let rest = text;
    while (rest !== "") {
      rest = rest.replace(/^[\t\n\f\r ]*/, "");
      const [, name] = /^([^;=]*)/.exec(rest);
      rest = rest.slice(name.length);
      if (!rest.startsWith("=")) {
        rest = rest.slice(1);
        continue;
      }
      rest = rest.slice(1);
      const quoted = /^"((?:[^"\\]|\\[^])*)(?:"|\\?$)/.exec(rest);
      const plain = quoted === null ? /^[^;]*/.exec(rest)[0] : "";
      const value = quoted === null ? trimmedEnd(plain) : quoted[1].replace(/\\([^])/g, "$1");
      rest = rest.slice(quoted === null ? plain.length : quoted[0].length);
      const end = rest.indexOf(";");
      rest = end < 0 ? "" : rest.slice(end + 1);
      const key = name.toLowerCase();
      if (TOKEN.test(key) && (quoted !== null || value !== "") && QUOTED.test(value) && !this.#entries.has(key)) this.#entries.set(key, value);
    }
  }

  static {
    readInto = (params, text) => params.#read(text);
  }
}

export class MIMEType {
  #type;
  #subtype;
  #params = new MIMEParams();

  constructor(input) {
    const text = trimmed(`${input}`);
    const slash = text.indexOf("/");
    if (slash < 0) throw bad("type", text);
    const semicolon = text.indexOf(";", slash);
    this.#type = checked(text.slice(0, slash), "type").toLowerCase();
    this.#subtype = checked(trimmedEnd(semicolon < 0 ? text.slice(slash + 1) : text.slice(slash + 1, semicolon)), "subtype").toLowerCase();
    if (semicolon >= 0) readInto(this.#params, text.slice(semicolon + 1));
  }

  get type() {
    return this.#type;
  }

  set type(value) {
    this.#type = checked(value, "type").toLowerCase();
  }

  get subtype() {
    return this.#subtype;
  }

  set subtype(value) {
    this.#subtype = checked(value, "subtype").toLowerCase();
  }

  get essence() {
    return `${this.#type}/${this.#subtype}`;
  }

  get params() {
    return this.#params;
  }

  toJSON() {
    return this.toString();
  }

  toString() {
    const params = this.#params.toString();
    return params === "" ? this.essence : `${this.essence};${params}`;
  }
}
