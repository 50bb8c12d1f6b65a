// The Cache API, as Workers have it (https://developers.cloudflare.com/workers/runtime-apis/cache/): what is kept, for how long, and
// what conditions mean, the host decides. Each call is one request to it.
import { DOMString, defineInterface, dictionary, illegalConstructor, requireArguments } from "../webidl.js";
import { Request, isRequest, partsOf } from "../request.js";
import { createFetchedResponse, isResponse, partsOfResponse } from "../response.js";
import { discardOutgoing, nativeBody, outgoingBody } from "../body.js";
import { newToken } from "../fetch-tokens.js";
import { valueIn } from "../header-list.js";
import { native } from "../native.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const startsWith = uncurry(String.prototype.startsWith);
const indexOf = uncurry(String.prototype.indexOf);
const slice = uncurry(String.prototype.slice);
const includes = uncurry(String.prototype.includes);
const toWellFormed = uncurry(String.prototype.toWellFormed);
const encode = encodeURIComponent;
const stringOf = String;
const define = Object.defineProperty;

const MADE_HERE = { __proto__: null };
// Where such requests go, in the place of a binding's name; its twin is in crates/wire/src/http.rs.
const CACHES = "caches/";
const HOST = "http://cache/";
// What the headers of a kept response begin with on their way.
const PREFIX = "cached-";
const STATUS_HEADER = "cache-response-status";
// What of a request a cache looks at besides its URL.
const ASKED = ["if-match", "if-modified-since", "if-none-match", "if-range", "range"];

// Where things are in an answer of the host.
const STATUS = 0;
const LIST = 2;
const BODY = 3;

export class Cache {
  // Percent-encoded; null for the default one, which is not the one whose name is empty.
  #name;

  constructor(made, name) {
    if (made !== MADE_HERE) illegalConstructor();
    this.#name = name;
  }

  async put(request, response) {
    requireArguments(arguments.length, 2, "Cache.put");
    const { method, url } = asked(request);
    if (!isResponse(response)) throw new TypeError("Cache.put: the second argument is not a Response.");
    const { status, list, type, encoded, body, webSocket } = partsOfResponse(response);
    if (type === "error") throw new TypeError("Cache is unable to store an error response");
    if (method !== "GET") throw new TypeError("Cannot cache response to non-GET request.");
    if (status === 206) throw new TypeError("Cannot cache response to a range request (206 Partial Content).");
    if (webSocket !== null) throw new TypeError("Cannot cache WebSocket upgrade response.");
    if (includes(valueIn(list, "vary") ?? "", "*")) throw new TypeError("Cannot cache response with 'Vary: *' header.");
    // It says that something else is still right, which is nothing to keep.
    if (status === 304) return;
    const headers = this.#headers(url);
    headers.push(STATUS_HEADER, stringOf(status));
    const outgoing = outgoingBody(body);
    try {
      describe(headers, list, encoded, outgoing);
    } catch (error) {
      discardOutgoing(outgoing);
      throw error;
    }
    // Also what was not kept is fine: nobody was promised that it would be.
    dispose(await ask("PUT", headers, outgoing));
  }

  async match(request, options = undefined) {
    requireArguments(arguments.length, 1, "Cache.match");
    const { ignoreMethod } = dictionary(options, "Cache.match: the options");
    const { method, url, list } = asked(request);
    if (method !== "GET" && !ignoreMethod) return undefined;
    const headers = this.#headers(url);
    for (let i = 0; i < ASKED.length; i++) {
      const value = valueIn(list, ASKED[i]);
      if (value !== null) headers.push(ASKED[i], value);
    }
    const answer = await ask("GET", headers, null);
    const status = valueIn(answer[LIST], STATUS_HEADER);
    if (status === null) {
      dispose(answer);
      return undefined;
    }
    const kept = unprefixed(answer[LIST]);
    kept.push("cf-cache-status", "HIT");
    return createFetchedResponse(nativeBody(answer[BODY]), +status, "", kept, "", false);
  }

  async delete(request, options = undefined) {
    requireArguments(arguments.length, 1, "Cache.delete");
    const { ignoreMethod } = dictionary(options, "Cache.delete: the options");
    const { method, url } = asked(request);
    if (method !== "GET" && !ignoreMethod) return false;
    const answer = await ask("DELETE", this.#headers(url), null);
    dispose(answer);
    return answer[STATUS] === 200;
  }

  // Workers have the names of these and nothing behind them.
  add() {
    throw notImplemented("add", "Cache");
  }

  addAll() {
    throw notImplemented("addAll", "Cache");
  }

  matchAll() {
    throw notImplemented("matchAll", "Cache");
  }

  keys() {
    throw notImplemented("keys", "Cache");
  }

  #headers(url) {
    return this.#name === null ? ["cache-url", encode(url)] : ["cache-url", encode(url), "cache-name", this.#name];
  }
}
defineInterface(Cache, "Cache");

const defaultCache = new Cache(MADE_HERE, null);

export class CacheStorage {
  #made;

  constructor(made) {
    if (made !== MADE_HERE) illegalConstructor();
    this.#made = true;
    // Its own, not its prototype's, as there.
    define(this, "default", { __proto__: null, value: defaultCache, enumerable: true, configurable: true });
  }

  async open(name) {
    this.#made;
    requireArguments(arguments.length, 1, "CacheStorage.open");
    return new Cache(MADE_HERE, encode(toWellFormed(DOMString(name))));
  }

  match() {
    this.#made;
    throw notImplemented("match", "CacheStorage");
  }

  has() {
    this.#made;
    throw notImplemented("has", "CacheStorage");
  }

  delete() {
    this.#made;
    throw notImplemented("delete", "CacheStorage");
  }

  keys() {
    this.#made;
    throw notImplemented("keys", "CacheStorage");
  }
}
defineInterface(CacheStorage, "CacheStorage");

export const caches = new CacheStorage(MADE_HERE);

const notImplemented = (method, name) => new Error(`Failed to execute '${method}' on '${name}': the method is not implemented.`);

function asked(input) {
  const { method, url, list } = partsOf(isRequest(input) ? input : new Request(input));
  const fragment = indexOf(url, "#");
  if (startsWith(url, "http:") || startsWith(url, "https:")) return { method, url: fragment < 0 ? url : slice(url, 0, fragment), list };
  throw new TypeError("Invalid URL. Cache API keys must be fully-qualified, valid URLs.");
}

const ask = (method, headers, body) => native.fetchStart(newToken(), method, HOST, headers, body, CACHES);

// The headers that are kept. A body that goes through a native can be encoded there, or is so already; a text or bytes are
// kept as they are, unless the worker says that it has encoded them.
function describe(headers, list, encoded, outgoing) {
  const flows = typeof outgoing === "number";
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === "content-encoding" && !encoded) {
      if (!flows) continue;
      headers.push(list[i], list[i + 1]);
    }
    headers.push(PREFIX + list[i], list[i + 1]);
  }
}

function unprefixed(list) {
  const kept = [];
  for (let i = 0; i < list.length; i += 2) {
    if (startsWith(list[i], PREFIX)) kept.push(slice(list[i], PREFIX.length), list[i + 1]);
  }
  return kept;
}

function dispose(answer) {
  if (answer[BODY] !== 0) native.bodyCancel(answer[BODY]);
}
