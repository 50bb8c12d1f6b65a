// A binding to another worker: `fetch` sends it a fetch event, and everything else is a method that it is called by.
import { createFetch } from "../../fetch.js";
import { NativeLink } from "../websocket-links.js";
import { newToken } from "../../fetch-tokens.js";
import { Session } from "../rpc/session.js";
import { MAIN, propertyOf, promiseOfCall } from "../rpc/stubs.js";
import { defineInterface, illegalConstructor } from "../../webidl.js";
import { native } from "../../native.js";

const NativeProxy = Proxy;
const then = Function.prototype.call.bind(Promise.prototype.then);
const MADE_HERE = { __proto__: null };
// Nobody reads it: the binding says where a call goes.
const RPC_URL = "https://rpc.invalid/";

const fetchThrough = (binding) =>
  createFetch({
    start: (token, method, url, list, body) => native.fetchStart(token, method, url, list, body, binding),
    abort: (token) => native.fetchAbort(token),
    connect: (token, url, list, protocols) => native.webSocketConnect(token, url, list, protocols, binding, false),
  });

/** What bindings that answer requests are. */
export class Fetcher {
  constructor(token, fetch) {
    if (token !== MADE_HERE) illegalConstructor();
    Object.defineProperty(this, "fetch", { value: fetch, writable: true, enumerable: true, configurable: true });
  }
}
defineInterface(Fetcher, "Fetcher");

/** A binding that answers requests and nothing else. */
export const createFetcher = (binding) => new Fetcher(MADE_HERE, fetchThrough(binding));

/** A binding to a worker. */
export function createService(binding) {
  const fetcher = createFetcher(binding);
  const ref = { call: (path, args) => callNow(binding, path, args) };
  return new NativeProxy(fetcher, {
    get(target, name) {
      if (typeof name === "symbol" || name === "fetch") return target[name];
      // Else awaiting the binding would call its worker.
      if (name === "then") return undefined;
      if (name === "connect") return notHere;
      return propertyOf(ref, [name]);
    },
    has: (target, name) => typeof name === "string" || name in target,
  });
}

function notHere() {
  throw new Error("connect() through a service binding is not supported.");
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
