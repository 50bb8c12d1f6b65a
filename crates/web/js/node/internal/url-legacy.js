// `url.parse` and its kin: URLs as Node has read them since before there was a standard.
import { error, invalidType } from "./errors.js";
import { parse as parseQuery, stringify as stringifyQuery } from "../querystring.js";

const SPECIAL = new Set(["http", "http:", "https", "https:", "ftp", "ftp:", "gopher", "gopher:", "file", "file:", "ws", "ws:", "wss", "wss:"]);
const HOSTLESS = new Set(["javascript", "javascript:"]);
const ESCAPED = { "\t": "%09", "\n": "%0A", "\r": "%0D", " ": "%20", '"': "%22", "'": "%27", "<": "%3C", ">": "%3E", "\\": "%5C", "^": "%5E", "`": "%60", "{": "%7B", "|": "%7C", "}": "%7D" };
const HOST_LENGTH_MAX = 255;
const WHITE = /^[\t\n\v\f\r \u00a0\ufeff]+|[\t\n\v\f\r \u00a0\ufeff]+$/g;

// Why a function: old code calls it without `new`.
export function Url() {
  this.protocol = null;
  this.slashes = null;
  this.auth = null;
  this.host = null;
  this.port = null;
  this.hostname = null;
  this.hash = null;
  this.search = null;
  this.query = null;
  this.pathname = null;
  this.path = null;
  this.href = null;
}

// Backslashes before the query are slashes.
function cleaned(given) {
  const text = given.replace(WHITE, "");
  const end = text.search(/[?#]/);
  return end === -1 ? text.replaceAll("\\", "/") : text.slice(0, end).replaceAll("\\", "/") + text.slice(end);
}

Url.prototype.parse = function (given, parseQueryString, slashesDenoteHost) {
  if (typeof given !== "string") throw invalidType("url", "of type string", given);
  let rest = cleaned(given);
  const scheme = /^[a-z0-9.+-]+:/i.exec(rest)?.[0];
  const protocol = scheme?.toLowerCase();
  if (scheme !== undefined) {
    this.protocol = protocol;
    rest = rest.slice(scheme.length);
  }
  const hasSlashes = rest.startsWith("//");
  if (slashesDenoteHost || scheme !== undefined || /^\/\/[^@/]+@[^@/]+/.test(rest)) {
    if (hasSlashes && !HOSTLESS.has(protocol)) {
      rest = rest.slice(2);
      this.slashes = true;
    }
  }
  if (!HOSTLESS.has(protocol) && (this.slashes || (scheme !== undefined && !SPECIAL.has(protocol)))) {
    rest = this._takeHost(rest);
  }
  if (!HOSTLESS.has(protocol)) rest = rest.replace(/[\t\n\r "'<>\\^`{|}]/g, (one) => ESCAPED[one]);
  this._takeRest(rest, parseQueryString);
  if (SPECIAL.has(protocol) && this.hostname && !this.pathname) this.pathname = "/";
  if (this.pathname || this.search) this.path = (this.pathname || "") + (this.search || "");
  this.href = this.format();
  return this;
};

Url.prototype._takeHost = function (text) {
  // The host ends where a path, a query or a fragment begins; the last @ before that ends the credentials.
  let end = text.search(/[/?#]/);
  if (end === -1) end = text.length;
  const at = text.lastIndexOf("@", end);
  let host = text.slice(0, end);
  if (at !== -1) {
    this.auth = decodeURIComponent(text.slice(0, at));
    host = text.slice(at + 1, end);
  }
  // Whatever no host can hold belongs to what follows.
  const bad = host.search(/[\t\n\r "'<>\\^`{|};%]/);
  let rest = text.slice(end);
  if (bad !== -1) {
    rest = host.slice(bad) + rest;
    host = host.slice(0, bad);
  }
  const port = /:([0-9]*)$/.exec(host);
  if (port !== null) {
    if (port[1] !== "") this.port = port[1];
    host = host.slice(0, port.index);
  }
  const isV6 = host.startsWith("[") && host.endsWith("]");
  if (host.length > HOST_LENGTH_MAX) host = "";
  else if (!isV6) {
    const { name, tail } = nameOf(host, this.href ?? text);
    host = name;
    rest = tail + rest;
  } else {
    host = host.toLowerCase();
  }
  this.host = host + (this.port ? `:${this.port}` : "");
  this.hostname = isV6 ? host.slice(1, -1) : host;
  if (isV6 && rest[0] !== "/" && rest !== "" && !/^[?#]/.test(rest)) rest = `/${rest}`;
  return rest;
};

function nameOf(host, url) {
  const bad = host.search(/[^a-zA-Z0-9._\-\u0080-\uffff+]/);
  const name = bad === -1 ? host : host.slice(0, bad);
  const tail = bad === -1 ? "" : `/${host.slice(bad)}`;
  if (/^[\x21-\x7f]*$/.test(name)) return { name: name.toLowerCase(), tail };
  try {
    return { name: new URL(`http://${name}`).hostname, tail };
  } catch {
    throw error("ERR_INVALID_URL", "Invalid URL", { input: url });
  }
}

Url.prototype._takeRest = function (text, parseQueryString) {
  let rest = text;
  const hash = rest.indexOf("#");
  if (hash !== -1) {
    this.hash = rest.slice(hash);
    rest = rest.slice(0, hash);
  }
  const question = rest.indexOf("?");
  if (question !== -1) {
    this.search = rest.slice(question);
    this.query = rest.slice(question + 1);
    if (parseQueryString) this.query = parseQuery(this.query);
    rest = rest.slice(0, question);
  } else if (parseQueryString) {
    this.search = null;
    this.query = { __proto__: null };
  }
  if (rest !== "") this.pathname = rest;
};

Url.prototype.format = function () {
  const auth = this.auth ? `${encodeURIComponent(this.auth).replace(/%3A/i, ":")}@` : "";
  let protocol = this.protocol || "";
  let pathname = this.pathname || "";
  let hash = this.hash || "";
  let host = "";
  if (this.host) host = auth + this.host;
  else if (this.hostname) {
    const isV6 = this.hostname.includes(":") && !this.hostname.startsWith("[");
    host = auth + (isV6 ? `[${this.hostname}]` : this.hostname) + (this.port ? `:${this.port}` : "");
  }
  const query = this.query !== null && typeof this.query === "object" ? stringifyQuery(this.query) : "";
  let search = this.search || (query && `?${query}`) || "";
  if (protocol && !protocol.endsWith(":")) protocol += ":";
  pathname = pathname.replace(/[#?]/g, (one) => (one === "#" ? "%23" : "%3F"));
  if (this.slashes || SPECIAL.has(protocol)) {
    if (this.slashes || host) {
      if (pathname && pathname[0] !== "/") pathname = `/${pathname}`;
      host = `//${host}`;
    } else if (protocol === "file:") host = "//";
  }
  search = search.replaceAll("#", "%23");
  if (hash && hash[0] !== "#") hash = `#${hash}`;
  if (search && search[0] !== "?") search = `?${search}`;
  return protocol + host + pathname + search + hash;
};

Url.prototype.resolve = function (relative) {
  return this.resolveObject(urlParse(relative, false, true)).format();
};

Url.prototype.resolveObject = function (given) {
  const relative = typeof given === "string" ? urlParse(given, false, true) : given;
  const result = Object.assign(new Url(), this);
  result.hash = relative.hash;
  if (relative.href === "") {
    result.href = result.format();
    return result;
  }
  if (relative.slashes && !relative.protocol) {
    for (const key of Object.keys(relative)) {
      if (key !== "protocol") result[key] = relative[key];
    }
    if (SPECIAL.has(result.protocol) && result.hostname && !result.pathname) result.path = result.pathname = "/";
    result.href = result.format();
    return result;
  }
  if (relative.protocol && relative.protocol !== result.protocol) {
    const target = Object.assign(new Url(), relative);
    if (SPECIAL.has(relative.protocol) && !relative.host && !/^file:?$/.test(relative.protocol)) target.host = result.host;
    if (SPECIAL.has(relative.protocol) && target.pathname === null) target.pathname = "/";
    target.href = target.format();
    return target;
  }
  return resolveWithin(result, relative);
};

function resolveWithin(result, relative) {
  const isSourceAbsolute = result.pathname?.[0] === "/";
  const isAbsolute = relative.host || relative.pathname?.[0] === "/";
  let mustBeAbsolute = isAbsolute || isSourceAbsolute || (result.host && relative.pathname);
  const removesAll = mustBeAbsolute;
  let parts = result.pathname ? result.pathname.split("/") : [];
  const others = relative.pathname ? relative.pathname.split("/") : [];
  if (isAbsolute) {
    if (relative.host || relative.host === "") {
      if (result.host !== relative.host) result.auth = null;
      result.host = relative.host;
      result.port = relative.port;
    }
    if (relative.hostname || relative.hostname === "") {
      if (result.hostname !== relative.hostname) result.auth = null;
      result.hostname = relative.hostname;
    }
    result.search = relative.search;
    result.query = relative.query;
    parts = others;
  } else if (others.length > 0) {
    parts.pop();
    parts = parts.concat(others);
    result.search = relative.search;
    result.query = relative.query;
  } else if (relative.search !== null && relative.search !== undefined) {
    result.search = relative.search;
    result.query = relative.query;
    if (result.pathname !== null || result.search !== null) result.path = (result.pathname || "") + (result.search || "");
    result.href = result.format();
    return result;
  }
  if (parts.length === 0) {
    result.pathname = null;
    result.path = result.search ? `/${result.search}` : null;
    result.href = result.format();
    return result;
  }
  result.pathname = withoutDots(parts, { result, relative, mustBeAbsolute, removesAll });
  mustBeAbsolute = mustBeAbsolute || (result.host && parts.length > 0);
  if (result.pathname !== null || result.search !== null) result.path = (result.pathname || "") + (result.search || "");
  result.auth = relative.auth || result.auth;
  result.slashes = result.slashes || relative.slashes;
  result.href = result.format();
  return result;
}

function withoutDots(given, { result, relative, mustBeAbsolute, removesAll }) {
  const parts = [...given];
  const last = parts.at(-1);
  const endsWithSlash = ((result.host || relative.host || parts.length > 1) && (last === "." || last === "..")) || last === "";
  let up = 0;
  for (let i = parts.length - 1; i >= 0; i--) {
    if (parts[i] === ".") parts.splice(i, 1);
    else if (parts[i] === "..") {
      parts.splice(i, 1);
      up++;
    } else if (up > 0) {
      parts.splice(i, 1);
      up--;
    }
  }
  if (!mustBeAbsolute && !removesAll) for (; up > 0; up--) parts.unshift("..");
  if (mustBeAbsolute && parts[0] !== "" && (!parts[0] || parts[0][0] !== "/")) parts.unshift("");
  if (endsWithSlash && parts.join("/").at(-1) !== "/") parts.push("");
  return parts.length === 0 ? null : parts.join("/");
}

export function urlParse(url, parseQueryString = false, slashesDenoteHost = false) {
  if (url instanceof Url) return url;
  return new Url().parse(url, parseQueryString, slashesDenoteHost);
}

export const urlResolve = (source, relative) => urlParse(source, false, true).resolve(relative);
export const urlResolveObject = (source, relative) => (source ? urlParse(source, false, true).resolveObject(relative) : relative);
