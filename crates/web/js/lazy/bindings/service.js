// A binding to another worker: `fetch` sends it a fetch event, and everything else is a method that it is called by.
import { CF_HEADER, cfToPassOn } from "../incoming-cf.js";
import { appendTo, copyList, deleteFrom } from "../../header-list.js";
import { createFetch } from "../../fetch.js";
import { NativeLink } from "../websocket-links.js";
import { newToken } from "../../fetch-tokens.js";
import { Session } from "../rpc/session.js";
import { MAIN, propertyOf, promiseOfCall } from "../rpc/stubs.js";
import { Fetcher, newFetcher } from "./fetcher.js";
import { isObject } from "../../webidl.js";
import { load } from "../../lazy.js";
import { native } from "../../native.js";

const NativeProxy = Proxy;
const stringify = JSON.stringify;
const then = Function.prototype.call.bind(Promise.prototype.then);
// Nobody reads it: the binding says where a call goes.
const RPC_URL = "https://rpc.invalid/";

const fetchThrough = (binding) =>
  createFetch({
    prepare: withCf,
    start: (token, method, url, list, body) => native.fetchStart(token, method, url, list, body, binding),
    abort: (token) => native.fetchAbort(token),
    connect: (token, url, list, protocols) => native.webSocketConnect(token, url, list, protocols, binding, false),
  });

// What the caller's request says in `cf`, the callee's says too.
function withCf(parts) {
  const cf = cfToPassOn(parts);
  const list = copyList(parts.list);
  deleteFrom(list, CF_HEADER);
  if (cf !== undefined) appendTo(list, CF_HEADER, cf);
  return { ...parts, list };
}

/** A binding that answers requests and nothing else. */
export const createFetcher = (binding) => newFetcher(fetchThrough(binding), notHere);

/** A binding to a worker. */
export const createService = (binding) => new NativeProxy(serviceFetcher(binding), new ServiceHandler(binding));

const serviceFetcher = (binding) => newFetcher(fetchThrough(binding), connectTo(binding));

const connectTo = (binding) =>
  function connect() {
    return load("lazy/bindings/connections.js").connectThrough((path, args) => callNow(binding, path, args), arguments);
  };

class ServiceHandler {
  #ref;
  #fetcher;

  constructor(binding, fetcher = undefined) {
    this.#ref = { call: (path, args) => callNow(binding, path, args) };
    this.#fetcher = fetcher;
  }

  get(target, name) {
    if (typeof name === "symbol" || name === "fetch" || name === "connect" || name === "constructor") return (this.#fetcher ?? target)[name];
    // Else awaiting the binding would call its worker.
    if (name === "then") return undefined;
    return propertyOf(this.#ref, [name]);
  }

  has(target, name) {
    return typeof name === "string" || name in (this.#fetcher ?? target);
  }
}

// What stands before the name of an entrypoint of the worker's own, in the place of a binding's name: only the host knows which
// worker asks.
const LOOPBACK = "exports/";
// It goes along with each call.
const TARGET_LENGTH_MAX = 64 << 10;

/** One of the worker's own entrypoints. Calling it gives the same with properties for `ctx.props`. */
export function createLoopback(entrypoint) {
  const binding = (props) => {
    const target = stringify({ entrypoint, props });
    if (target.length > TARGET_LENGTH_MAX) throw new RangeError(`ctx.exports: props have more than ${TARGET_LENGTH_MAX} characters as JSON.`);
    return LOOPBACK + target;
  };
  return new NativeProxy(() => {}, new LoopbackHandler(binding(undefined), (options) => createService(binding(propsOf(options)))));
}

class LoopbackHandler extends ServiceHandler {
  #specialize;

  constructor(binding, specialize) {
    super(binding, serviceFetcher(binding));
    this.#specialize = specialize;
  }

  apply(_target, _self, [options]) {
    return this.#specialize(options);
  }

  getPrototypeOf() {
    return Fetcher.prototype;
  }

  ownKeys() {
    return [];
  }

  getOwnPropertyDescriptor() {
    return undefined;
  }

  set() {
    return false;
  }

  defineProperty() {
    return false;
  }
}

function propsOf(options) {
  if (!isObject(options)) throw new TypeError("ctx.exports: the options must be an object.");
  const { props } = options;
  if (props === undefined) return undefined;
  if (typeof props !== "object" || props === null) throw new TypeError("ctx.exports: props must be an object.");
  return props;
}

function notHere() {
  throw new Error("connect() through this binding is not supported: there is no worker behind it.");
}

// Each call on the binding itself is a session of its own, and an event of the other worker.
function callNow(binding, path, args) {
  const session = new Session();
  const call = session.call(MAIN, path, args);
  const opened = native.webSocketConnect(newToken(), RPC_URL, [], [], binding, true);
  then(
    opened,
    (answer) => {
      if (answer[0] !== 0) session.connect(new NativeLink(answer[0]));
      else session.fail(new Error(`The other worker does not take calls: it answered with status ${answer[1]}.`));
    },
    (error) => session.fail(error),
  );
  return promiseOfCall(session, call);
}
