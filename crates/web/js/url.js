// URL (https://url.spec.whatwg.org/#url-class). The parser is a native; what it gives is kept as it comes, a text and
// the places where it is cut, and a part is cut out only when it is asked for. Most URLs need no parser (url-plain.js).
import { USVString, defineInterface, requireArguments } from "./webidl.js";
import { native } from "./native.js";
import { plainParts, plainWithin } from "./url-plain.js";
import { resetSearchParams, searchParamsOf, serializeSearchParams } from "./url-search-params.js";

export { URLSearchParams, isURLSearchParams } from "./url-search-params.js";

// The parts that `urlParse` gives: the text, and then where in it each of these is.
const HREF = 0;
const AFTER_SCHEME = 1;
const AFTER_USERNAME = 2;
const BEFORE_HOST = 3;
const AFTER_HOST = 4;
const AFTER_PORT = 5;
const BEFORE_PATH = 6;
const AFTER_PATH = 7;
const AFTER_QUERY = 8;

const HASH = 0x23;
const SLASH = 0x2f;
const QUESTION = 0x3f;
const uncurry = (method) => Function.prototype.call.bind(method);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const indexOf = uncurry(String.prototype.indexOf);
const slice = uncurry(String.prototype.slice);

const MADE_HERE = {};

const { urlCanParse, urlParse, urlSet } = native;

/** Is this a URL? */
export let isURL;

export class URL {
  #parts;
  #searchParams;
  // The params have changed and the text has not followed yet. Why it waits: many changes in a row, each of them
  // writing out the whole query, would take quadratic time.
  #stale = false;

  constructor(url, base = undefined) {
    if (url === MADE_HERE) {
      this.#parts = base;
      return;
    }
    requireArguments(arguments.length, 1, "URL constructor");
    const text = USVString(url);
    const parts = partsOf(text, base === undefined ? undefined : USVString(base));
    if (parts === undefined) throw new TypeError(`Invalid URL: ${shown(text)}`);
    this.#parts = parts;
  }

  static parse(url, base = undefined) {
    requireArguments(arguments.length, 1, "URL.parse");
    const parts = partsOf(USVString(url), base === undefined ? undefined : USVString(base));
    return parts === undefined ? null : new URL(MADE_HERE, parts);
  }

  static canParse(url, base = undefined) {
    requireArguments(arguments.length, 1, "URL.canParse");
    const text = USVString(url);
    if (base !== undefined) return urlCanParse(text, USVString(base));
    return plainParts(text) !== undefined || (hasScheme(text) && urlCanParse(text, undefined));
  }

  get href() {
    return this.#current()[HREF];
  }

  set href(value) {
    const text = USVString(value);
    const parts = partsOf(text, undefined);
    if (parts === undefined) throw new TypeError(`URL.href: invalid URL: ${shown(text)}`);
    this.#replace(parts);
  }

  get origin() {
    return originOf(this.#parts);
  }

  get protocol() {
    return this.#cut(0, this.#parts[AFTER_SCHEME] + 1);
  }

  set protocol(value) {
    this.#set("protocol", value);
  }

  get username() {
    const start = this.#parts[AFTER_SCHEME] + "://".length;
    const end = this.#parts[AFTER_USERNAME];
    return end > start ? this.#cut(start, end) : "";
  }

  set username(value) {
    this.#set("username", value);
  }

  get password() {
    // From behind the ":" that follows the name to the "@" in front of the host, if they are there.
    const start = this.#parts[AFTER_USERNAME] + 1;
    const end = this.#parts[BEFORE_HOST] - 1;
    return end > start ? this.#cut(start, end) : "";
  }

  set password(value) {
    this.#set("password", value);
  }

  get host() {
    return this.#cut(this.#parts[BEFORE_HOST], this.#parts[AFTER_PORT]);
  }

  set host(value) {
    this.#set("host", value);
  }

  get hostname() {
    return this.#cut(this.#parts[BEFORE_HOST], this.#parts[AFTER_HOST]);
  }

  set hostname(value) {
    this.#set("hostname", value);
  }

  get port() {
    return this.#cut(this.#parts[AFTER_HOST] + 1, this.#parts[AFTER_PORT]);
  }

  set port(value) {
    this.#set("port", value);
  }

  get pathname() {
    const parts = this.#current();
    return parts[HREF].slice(parts[BEFORE_PATH], parts[AFTER_PATH]);
  }

  set pathname(value) {
    const text = USVString(value);
    const parts = this.#current();
    const begin = charCodeAt(text, 0) === SLASH ? text : `/${text}`;
    if (!this.#setPlain(`${slice(parts[HREF], 0, parts[BEFORE_PATH])}${begin}`, AFTER_PATH, slice(parts[HREF], parts[AFTER_PATH]))) {
      this.#set("pathname", text);
    }
  }

  get search() {
    const parts = this.#current();
    const start = parts[AFTER_PATH];
    const end = parts[AFTER_QUERY];
    return end - start > 1 ? parts[HREF].slice(start, end) : "";
  }

  set search(value) {
    const text = USVString(value);
    const parts = this.#current();
    const query = text === "" || charCodeAt(text, 0) === QUESTION ? text : `?${text}`;
    if (!this.#setPlain(`${slice(parts[HREF], 0, parts[AFTER_PATH])}${query}`, AFTER_QUERY, slice(parts[HREF], parts[AFTER_QUERY]))) {
      this.#set("search", text);
    }
    if (this.#searchParams !== undefined) resetSearchParams(this.#searchParams, this.search.slice(1));
  }

  get searchParams() {
    return (this.#searchParams ??= searchParamsOf(this.search.slice(1), () => {
      this.#stale = true;
    }));
  }

  get hash() {
    const parts = this.#current();
    const start = parts[AFTER_QUERY];
    return parts[HREF].length - start > 1 ? parts[HREF].slice(start) : "";
  }

  set hash(value) {
    const text = USVString(value);
    const parts = this.#current();
    const hash = text === "" || charCodeAt(text, 0) === HASH ? text : `#${text}`;
    if (!this.#setPlain(slice(parts[HREF], 0, parts[AFTER_QUERY]), AFTER_QUERY, hash)) this.#set("hash", text);
  }

  toString() {
    return this.#current()[HREF];
  }

  toJSON() {
    return this.#current()[HREF];
  }

  // Whatever stands in front of the path stays true while the params are ahead of the text.
  #cut(start, end) {
    return this.#parts[HREF].slice(start, end);
  }

  #current() {
    if (this.#stale) {
      this.#stale = false;
      this.#parts = withQuery(this.#parts, serializeSearchParams(this.#searchParams));
    }
    return this.#parts;
  }

  /** Becomes these two texts together, if they are plain and the second begins with the part behind the one that ends there. */
  #setPlain(before, end, behind) {
    const parts = plainParts(before + behind);
    if (parts === undefined || parts[end] !== before.length) return false;
    this.#parts = parts;
    return true;
  }

  #set(part, value) {
    const text = USVString(value);
    const parts = urlSet(this.#current()[HREF], part, text);
    if (parts !== undefined) this.#parts = parts;
  }

  #replace(parts) {
    this.#parts = parts;
    this.#stale = false;
    if (this.#searchParams !== undefined) resetSearchParams(this.#searchParams, this.search.slice(1));
  }

  static {
    isURL = (value) => typeof value === "object" && value !== null && #parts in value;
  }
}
defineInterface(URL, "URL");

/** The text of the URL that a string is, or undefined if it is none. */
export function parseHref(text, base = undefined) {
  return partsOf(text, base)?.[HREF];
}

// What has no colon is no URL by itself, and needs no parser to say so.
const hasScheme = (text) => indexOf(text, ":") !== -1;

/** What `urlParse` gives of a text and a base, both well-formed. */
export function partsOf(text, base) {
  if (base === undefined) return plainParts(text) ?? (hasScheme(text) ? urlParse(text, undefined) : undefined);
  const within = plainParts(base);
  return (within === undefined ? undefined : plainWithin(text, within)) ?? urlParse(text, base);
}

// The query that params write needs no further escaping, so it can be put in place as it is. Only taking a query away
// is the parser's: what then ends the URL may have to change too.
function withQuery(parts, query) {
  const href = parts[HREF];
  if (query === "") return urlSet(href, "search", "") ?? parts;
  const before = href.slice(0, parts[AFTER_PATH]);
  const changed = [];
  for (let i = 0; i < parts.length; i++) changed[i] = parts[i];
  changed[HREF] = `${before}?${query}${href.slice(parts[AFTER_QUERY])}`;
  changed[AFTER_QUERY] = before.length + 1 + query.length;
  return changed;
}

// https://url.spec.whatwg.org/#concept-url-origin
function originOf(parts) {
  const href = parts[HREF];
  const scheme = href.slice(0, parts[AFTER_SCHEME]);
  switch (scheme) {
    case "http":
    case "https":
    case "ws":
    case "wss":
    case "ftp":
      return `${scheme}://${href.slice(parts[BEFORE_HOST], parts[AFTER_PORT])}`;
    case "blob":
      return originOfBlob(urlParse(href.slice(parts[BEFORE_PATH], parts[AFTER_PATH]), undefined));
    default:
      return "null";
  }
}

function originOfBlob(parts) {
  if (parts === undefined) return "null";
  const scheme = parts[HREF].slice(0, parts[AFTER_SCHEME]);
  return scheme === "http" || scheme === "https" ? originOf(parts) : "null";
}

// As much of a text as an error message should repeat.
function shown(text) {
  return text.length <= 100 ? `'${text}'` : `'${text.slice(0, 100)}\u2026'`;
}
