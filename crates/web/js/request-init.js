// RequestInit (https://fetch.spec.whatwg.org/#requestinit): reading it and checking what it says. Of its members only
// those that mean something outside of a browser have an effect; the others are checked and shown again.
import { ByteString, DOMString, USVString, dictionary, enumeration } from "./webidl.js";
import { isToken } from "./header-list.js";
import { isAbortSignal } from "./abort.js";
import { isOn } from "./compatibility.js";
import { partsOf } from "./url.js";

const upperCase = Function.prototype.call.bind(String.prototype.toUpperCase);

const WHAT = "Request constructor";

/** The members of an init that is not there. */
export const NO_INIT = {
  method: undefined,
  headers: undefined,
  body: undefined,
  redirect: undefined,
  signal: undefined,
  cf: undefined,
  cache: undefined,
  credentials: undefined,
  integrity: undefined,
  keepalive: undefined,
  mode: undefined,
  referrer: undefined,
  referrerPolicy: undefined,
};

/** Reads a RequestInit's members, each once and in the order of Web IDL, and checks them. */
export function readInit(init) {
  const { body, cache, cf, credentials, duplex, headers, integrity, keepalive, method, mode, redirect, referrer, referrerPolicy, signal, window } =
    dictionary(init, `${WHAT}: the second argument`);
  if (duplex !== undefined) enumeration(duplex, ["half"], `${WHAT}: duplex`);
  if (window !== undefined && window !== null) throw new TypeError(`${WHAT}: window can only be null.`);
  return {
    method: method === undefined ? undefined : checkedMethod(method),
    headers,
    body,
    redirect: redirect === undefined ? undefined : checkedRedirect(redirect),
    signal: signal === undefined ? undefined : checkedSignal(signal),
    cf,
    cache,
    credentials,
    integrity,
    keepalive,
    mode,
    referrer,
    referrerPolicy,
  };
}

/** What few requests differ in. */
class Extras {
  cache = "default";
  credentials = "same-origin";
  destination = "";
  duplex = "half";
  integrity = "";
  isHistoryNavigation = false;
  isReloadNavigation = false;
  keepalive = false;
  mode = "cors";
  referrer = "about:client";
  referrerPolicy = "";
}
/** What all the others have. */
export const USUAL = new Extras();

const CACHES = ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"];
const CREDENTIALS = ["omit", "same-origin", "include"];
const MODES = ["navigate", "same-origin", "no-cors", "cors"];
const REFERRER_POLICIES = [
  "",
  "no-referrer",
  "no-referrer-when-downgrade",
  "same-origin",
  "origin",
  "strict-origin",
  "origin-when-cross-origin",
  "strict-origin-when-cross-origin",
  "unsafe-url",
];

/** The extras of a request whose input had `inherited`. */
export function extrasOfInit(members, inherited, method) {
  const { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy } = members;
  if (
    cache === undefined &&
    credentials === undefined &&
    integrity === undefined &&
    keepalive === undefined &&
    mode === undefined &&
    referrer === undefined &&
    referrerPolicy === undefined
  ) {
    return inherited;
  }
  const extras = new Extras();
  extras.cache = cache === undefined ? inherited.cache : enumeration(cache, CACHES, `${WHAT}: cache`);
  extras.credentials = credentials === undefined ? inherited.credentials : enumeration(credentials, CREDENTIALS, `${WHAT}: credentials`);
  extras.integrity = integrity === undefined ? inherited.integrity : checkedIntegrity(DOMString(integrity));
  extras.keepalive = keepalive === undefined ? inherited.keepalive : !!keepalive;
  extras.mode = mode === undefined ? inherited.mode : enumeration(mode, MODES, `${WHAT}: mode`);
  extras.referrer = referrer === undefined ? inherited.referrer : checkedReferrer(USVString(referrer));
  extras.referrerPolicy =
    referrerPolicy === undefined ? inherited.referrerPolicy : enumeration(referrerPolicy, REFERRER_POLICIES, `${WHAT}: referrerPolicy`);
  checkTogether(extras, mode, method);
  return extras;
}

// Nobody compares the answer with it, as on Workers: who asks for that is not to believe that it was done.
function checkedIntegrity(integrity) {
  if (integrity !== "") throw new TypeError(`${WHAT}: integrity is not checked here, so it can only be empty or undefined.`);
  return integrity;
}

function checkTogether(extras, mode, method) {
  if (mode !== undefined && extras.mode === "navigate") throw new TypeError(`${WHAT}: mode cannot be 'navigate'.`);
  if (extras.cache === "only-if-cached" && extras.mode !== "same-origin") {
    throw new TypeError(`${WHAT}: cache can be 'only-if-cached' only if mode is 'same-origin'.`);
  }
  if (extras.mode === "no-cors" && method !== "GET" && method !== "HEAD" && method !== "POST") {
    throw new TypeError(`${WHAT}: mode cannot be 'no-cors' if the method is ${method}.`);
  }
}

/** The absolute URL that a text says. Throws a TypeError if it says none. */
export function hrefOf(url, what) {
  const parts = partsOf(url, undefined);
  if (parts === undefined) throw new TypeError(`${what}: '${url}' is not an absolute URL.`);
  return parts[0];
}

const AFTER_SCHEME = 1;
const BEFORE_HOST = 3;

/** The absolute URL of a request. Throws a TypeError if a text says none, or one with credentials. */
export function requestHref(url) {
  const parts = partsOf(url, undefined);
  if (parts === undefined) throw new TypeError(`${WHAT}: '${url}' is not an absolute URL.`);
  if (parts[BEFORE_HOST] - parts[AFTER_SCHEME] > "://".length) {
    throw new TypeError(`${WHAT}: '${url}' has a user name or password in it. Use an authorization header instead.`);
  }
  return parts[0];
}

// Methods in the spelling that nearly everybody uses, and what is made of other spellings.
function checkedMethod(value) {
  if (value === "GET" || value === "POST" || value === "PUT" || value === "DELETE" || value === "HEAD" || value === "PATCH") return value;
  const method = ByteString(value);
  if (!isToken(method)) throw new TypeError(`${WHAT}: '${method}' is not a valid method.`);
  const upper = upperCase(method);
  if (upper === "CONNECT" || upper === "TRACE" || upper === "TRACK") throw new TypeError(`${WHAT}: the method ${upper} is forbidden.`);
  if (isOn("upper_case_all_http_methods")) return upper;
  const isNormalized = upper === "GET" || upper === "POST" || upper === "PUT" || upper === "DELETE" || upper === "HEAD" || upper === "OPTIONS";
  return isNormalized ? upper : method;
}

function checkedRedirect(value) {
  if (value === "follow" || value === "manual" || value === "error") return value;
  return enumeration(value, ["follow", "error", "manual"], `${WHAT}: redirect`);
}

function checkedSignal(value) {
  if (value !== null && !isAbortSignal(value)) throw new TypeError(`${WHAT}: signal is not an AbortSignal.`);
  return value;
}

function checkedReferrer(text) {
  if (text === "") return "";
  const href = hrefOf(text, `${WHAT}: referrer`);
  // There is no origin that a referrer of another one could be told from, so each is what the fetch standard makes of a foreign one.
  return href === "about:client" ? href : "about:client";
}
