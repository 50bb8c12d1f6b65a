// Workers KV (https://developers.cloudflare.com/kv/api/): a binding to a namespace of the host's. Each operation is one
// request to the host, which checks all limits; what is checked here is what JavaScript alone can see.
import { DOMString, bytesOf, defineInterface, dictionary, illegalConstructor, isObject, requireArguments } from "../../webidl.js";
import { bufferOfBytes, extractBody, nativeBody, outgoingBody, streamOf, textOf, wholeBytesOf } from "../../body.js";
import { isReadableStream } from "../streams/index.js";
import { newToken } from "../../fetch-tokens.js";
import { valueIn } from "../../header-list.js";
import { native } from "../../native.js";

const parse = JSON.parse;
const stringify = JSON.stringify;
const encode = encodeURIComponent;
const decode = decodeURIComponent;
const NativeMap = Map;
const { isArray } = Array;
const { isInteger } = Number;
const NativeString = String;
const mapSet = Function.prototype.call.bind(Map.prototype.set);

const MADE_HERE = { __proto__: null };
const HOST = "http://kv";
const TYPES = ["text", "json", "arrayBuffer", "stream"];
const CACHE_TTL_MIN_S = 30;

const STATUS = 0;
const LIST = 2;
const BODY = 3;

export class KVNamespace {
  #binding;

  constructor(token, binding) {
    if (token !== MADE_HERE) illegalConstructor();
    this.#binding = binding;
  }

  async get(key, options = undefined) {
    requireArguments(arguments.length, 1, "KVNamespace.get");
    if (isArray(key)) return await this.#getMany(key, options, false);
    const { value } = await this.#read(key, options);
    return value;
  }

  async getWithMetadata(key, options = undefined) {
    requireArguments(arguments.length, 1, "KVNamespace.getWithMetadata");
    if (isArray(key)) return await this.#getMany(key, options, true);
    return await this.#read(key, options);
  }

  async put(key, value, options = undefined) {
    requireArguments(arguments.length, 2, "KVNamespace.put");
    const { expiration, expirationTtl, metadata } = dictionary(options, "KVNamespace.put: the options");
    const list = [];
    if (expiration !== undefined) list.push("kv-expiration", seconds(expiration, "expiration"));
    if (expirationTtl !== undefined) list.push("kv-expiration-ttl", seconds(expirationTtl, "expirationTtl"));
    if (metadata !== undefined && metadata !== null) list.push("kv-metadata", encode(json(metadata)));
    const path = `/values/${keyPath(key)}`;
    dispose(await this.#ask("PUT", path, list, bodyOf(value)));
  }

  async delete(key) {
    requireArguments(arguments.length, 1, "KVNamespace.delete");
    dispose(await (isArray(key) ? this.#deleteMany(key) : this.#ask("DELETE", `/values/${keyPath(key)}`, [], null)));
  }

  async deleteBulk(keys) {
    requireArguments(arguments.length, 1, "KVNamespace.deleteBulk");
    if (!isArray(keys)) throw new TypeError("KVNamespace.deleteBulk: the keys are not an array.");
    dispose(await this.#deleteMany(keys));
  }

  async list(options = undefined) {
    const { prefix, limit, cursor } = dictionary(options, "KVNamespace.list: the options");
    const query = [];
    if (prefix !== undefined && prefix !== null) query.push(`prefix=${encode(DOMString(prefix))}`);
    if (limit !== undefined && limit !== null) query.push(`limit=${encode(DOMString(limit))}`);
    if (cursor !== undefined && cursor !== null) query.push(`cursor=${encode(DOMString(cursor))}`);
    const answer = await this.#ask("GET", `/keys${query.length === 0 ? "" : `?${query.join("&")}`}`, [], null);
    const page = parse(await textOf(nativeBody(answer[BODY])));
    page.cacheStatus = null;
    return page;
  }

  async #read(key, options) {
    const type = typeOf(options);
    const answer = await this.#ask("GET", `/values/${keyPath(key)}`, [], null);
    if (answer[STATUS] === 404) {
      dispose(answer);
      return { value: null, metadata: null, cacheStatus: null };
    }
    const said = valueIn(answer[LIST], "kv-metadata");
    const value = await valueOf(nativeBody(answer[BODY]), type);
    return { value, metadata: said === null ? null : parse(decode(said)), cacheStatus: null };
  }

  async #getMany(keys, options, withMetadata) {
    const type = typeOf(options);
    if (type !== "text" && type !== "json") throw new TypeError(`"${type}" is not a valid type. Use "json" or "text"`);
    const answer = await this.#ask("POST", "/get", JSON_TYPE, stringify({ keys: names(keys) }));
    const found = parse(await textOf(nativeBody(answer[BODY])));
    const values = new NativeMap();
    for (let i = 0; i < keys.length; i++) {
      const entry = Object.hasOwn(found, keys[i]) ? found[keys[i]] : null;
      const value = entry === null ? null : type === "json" ? parse(entry.value) : entry.value;
      mapSet(values, keys[i], withMetadata ? { value, metadata: entry?.metadata ?? null } : value);
    }
    return values;
  }

  #deleteMany(keys) {
    return this.#ask("POST", "/delete", JSON_TYPE, stringify(names(keys)));
  }

  // One request to the host. What it refuses is thrown in its words.
  async #ask(method, path, list, body) {
    const answer = await native.fetchStart(newToken(), method, HOST + path, list, body, this.#binding);
    const status = answer[STATUS];
    if (status < 400 || (status === 404 && method === "GET")) return answer;
    throw new Error(`KV ${method} failed: ${status} ${await textOf(nativeBody(answer[BODY]))}`);
  }
}
defineInterface(KVNamespace, "KVNamespace");

export const createKvNamespace = (binding) => new KVNamespace(MADE_HERE, binding);

const JSON_TYPE = ["content-type", "application/json"];

function dispose(answer) {
  if (answer[BODY] !== 0) native.bodyCancel(answer[BODY]);
}

function keyPath(key) {
  const name = DOMString(key);
  if (name === "") throw new TypeError("Key name cannot be empty.");
  if (name === "." || name === "..") throw new TypeError(`"${name}" is not allowed as a key name.`);
  try {
    return encode(name);
  } catch {
    throw new TypeError("The key is no text that can be written as UTF-8.");
  }
}

function names(keys) {
  const list = [];
  for (let i = 0; i < keys.length; i++) list[i] = DOMString(keys[i]);
  return list;
}

function typeOf(options) {
  const said = typeof options === "string" ? { type: options } : dictionary(options, "KVNamespace.get: the options");
  const { type, cacheTtl } = said;
  // On one node there is no cache between a worker and the store, so it changes nothing.
  if (cacheTtl !== undefined && cacheTtl !== null && !(+cacheTtl >= CACHE_TTL_MIN_S)) {
    throw new TypeError(`Invalid cache_ttl of ${cacheTtl}. Cache TTL must be at least ${CACHE_TTL_MIN_S}.`);
  }
  if (type === undefined || type === null) return "text";
  if (!TYPES.includes(type)) {
    throw new TypeError('Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".');
  }
  return type;
}

async function valueOf(body, type) {
  switch (type) {
    case "json":
      return parse(await textOf(body));
    case "arrayBuffer":
      return bufferOfBytes(await wholeBytesOf(body));
    case "stream":
      return streamOf(body ?? extractBody("", "KVNamespace.get"));
    default:
      return await textOf(body);
  }
}

function bodyOf(value) {
  if (typeof value !== "string" && !isReadableStream(value) && !(isObject(value) && bytesOf(value) !== undefined)) {
    throw new TypeError("KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.");
  }
  return outgoingBody(extractBody(value, "KVNamespace.put"));
}

function seconds(value, name) {
  const number = +value;
  if (!isInteger(number)) throw new TypeError(`KVNamespace.put: '${name}' is not a whole number of seconds.`);
  return NativeString(number);
}

function json(value) {
  const text = stringify(value);
  if (text === undefined) throw new TypeError("KVNamespace.put: the metadata cannot be written as JSON.");
  return text;
}
