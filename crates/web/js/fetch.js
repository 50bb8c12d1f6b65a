// fetch (https://fetch.spec.whatwg.org/#fetch-method). A hop - one request, one response - is a native; what happens
// between hops (redirects, aborting) is here.
import { requireArguments } from "./webidl.js";
import { abortReason, addAbortAlgorithm, isAborted, removeAbortAlgorithm } from "./abort.js";
import { BodyAbort } from "./body-abort.js";
import { cancelQuietly, discardOutgoing, isBodyReplayable, nativeBody, outgoingBody, promisedLength, valueBody } from "./body.js";
import { appendTo, copyList, deleteFrom, isToken, valueIn, withLength } from "./header-list.js";
import { Request, isRequest, partsOf } from "./request.js";
import { createFetchedResponse, isRedirectStatus } from "./response.js";
import { load } from "./lazy.js";
import { newToken } from "./fetch-tokens.js";
import { isOn } from "./compatibility.js";
import { native } from "./native.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const startsWith = uncurry(String.prototype.startsWith);
const indexOf = uncurry(String.prototype.indexOf);
const slice = uncurry(String.prototype.slice);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const trim = uncurry(String.prototype.trim);
const lowerCase = uncurry(String.prototype.toLowerCase);
const upperCase = uncurry(String.prototype.toUpperCase);
const then = uncurry(Promise.prototype.then);
const NativePromise = Promise;

const REDIRECTS_MAX = 20;

/**
 * A fetch function whose hops are `hop.start`, `hop.abort` and `hop.connect`, with the signatures of the natives
 * fetchStart, fetchAbort and webSocketConnect: the network's, or those of a binding to another worker, which
 * may also `prepare` what a request is made of.
 */
export function createFetch(hop) {
  async function fetch(input, init = undefined) {
    requireArguments(arguments.length, 1, "fetch");
    const request = init === undefined && isRequest(input) ? input : new Request(input, init);
    return await perform(hop, partsOf(request));
  }
  return fetch;
}

/** The global `fetch`. */
export const fetch = createFetch({
  start: (token, method, url, list, body) => native.fetchStart(token, method, url, list, body),
  abort: (token) => native.fetchAbort(token),
  connect: (token, url, list, protocols) => native.webSocketConnect(token, url, list, protocols),
});

function perform(hop, given) {
  const parts = hop.prepare === undefined ? given : hop.prepare(given);
  const { url, list, signal } = parts;
  if (signal !== null && isAborted(signal)) return abortBeforeStart(parts);
  if (startsWith(url, "http:") || startsWith(url, "https:")) {
    return isUpgrade(list) ? upgrade(hop, parts, url) : follow(hop, parts);
  }
  if ((startsWith(url, "ws:") || startsWith(url, "wss:")) && isUpgrade(list)) return upgrade(hop, parts, `http${slice(url, 2)}`);
  if (startsWith(url, "data:")) return load("lazy/data-url.js").fetchDataUrl(parts);
  const asHttp = isOn("fetch_refuses_unknown_protocols") ? undefined : native.urlParse(`http${slice(url, indexOf(url, ":"))}`, undefined);
  if (asHttp !== undefined) return follow(hop, { ...parts, url: asHttp[0] });
  throw new TypeError(`fetch: '${slice(url, 0, indexOf(url, ":") + 1)}' is not a scheme that can be fetched; only http: and https: are.`);
}

function abortBeforeStart({ body, signal }) {
  const reason = abortReason(signal);
  const stream = body === null ? null : body.stream;
  if (body !== null && stream === null) body.used = true;
  if (stream !== null && !load("lazy/streams/index.js").isLocked(stream)) cancelQuietly(stream, reason);
  throw reason;
}

// --- Hops ----------------------------------------------------------------------------------------------------

const STATUS = 0;
const STATUS_TEXT = 1;
const LIST = 2;
const BODY = 3;

async function follow(hop, parts) {
  const { redirect, signal } = parts;
  let { method, url } = parts;
  let list = withLength(withCacheMode(parts), promisedLength(parts.body)) ?? [];
  const isReplayable = isBodyReplayable(parts.body);
  let body = outgoingBody(parts.body);
  for (let redirects = 0; ; redirects++) {
    const answer = await startHop(hop, signal, method, url, list, body);
    const status = answer[STATUS];
    if (redirect === "manual" || !isRedirectStatus(status)) return responseOf(answer, method, url, redirects > 0, signal);
    if (redirect === "error") throw refused(answer, `'${url}' answered with a redirect, and the request's redirect mode is 'error'`);
    const location = valueIn(answer[LIST], "location");
    if (location === null) return responseOf(answer, method, url, redirects > 0, signal);
    if (redirects === REDIRECTS_MAX) throw refused(answer, `more than ${REDIRECTS_MAX} redirects, the last to '${location}'`);
    const target = redirectTarget(location, url);
    if (target === undefined) throw refused(answer, `'${url}' redirects to '${location}', which is not an HTTP URL`);
    if (status !== 303 && !isReplayable) {
      throw refused(answer, `'${url}' answered with a redirect (${status}), and the body, a stream, cannot be sent again`);
    }
    discard(answer);
    const becomesGet = status === 303 ? method !== "GET" && method !== "HEAD" : method === "POST" && (status === 301 || status === 302);
    const crossesOrigin = originOf(target) !== originOf(url);
    if (becomesGet || crossesOrigin) list = copyList(list);
    if (becomesGet) {
      method = "GET";
      body = null;
      deleteAll(list, BODY_HEADERS);
    }
    // Position matters: the next hop must not see what was meant for another origin.
    if (crossesOrigin) deleteAll(list, isOn("strip_authorization_on_cross_origin_redirect") ? ORIGIN_HEADERS : HOST_HEADERS);
    url = target;
  }
}

// What a request says to the caches on its way, if it does not say so itself. There is none on this side.
function withCacheMode({ list, cache }) {
  if (cache !== "no-store" && cache !== "reload" && cache !== "no-cache") return list;
  const says = valueIn(list, "cache-control");
  if (cache === "no-cache" && says !== null) return list;
  const copy = copyList(list);
  if (says === null) appendTo(copy, "cache-control", cache === "no-cache" ? "max-age=0" : "no-cache");
  if (cache !== "no-cache" && valueIn(list, "pragma") === null) appendTo(copy, "pragma", "no-cache");
  return copy;
}

const BODY_HEADERS = ["content-encoding", "content-language", "content-length", "content-location", "content-type"];
const HOST_HEADERS = ["cookie", "host", "proxy-authorization"];
const ORIGIN_HEADERS = ["authorization", ...HOST_HEADERS];

function deleteAll(list, names) {
  for (let i = 0; i < names.length; i++) deleteFrom(list, names[i]);
}

function startHop(hop, signal, method, url, list, body) {
  if (signal !== null && isAborted(signal)) {
    discardOutgoing(body);
    throw abortReason(signal);
  }
  const token = newToken();
  let answer;
  try {
    answer = hop.start(token, method, url, list, body);
  } catch (error) {
    discardOutgoing(body);
    throw error;
  }
  return signal === null ? answer : abortable(hop, token, signal, answer);
}

// The outcome of a hop, which an abort overtakes. Why a race: an aborted native leaves its promise alone.
function abortable(hop, token, signal, answer) {
  return new NativePromise((resolve, reject) => {
    const abort = (reason) => {
      hop.abort(token);
      reject(reason);
    };
    addAbortAlgorithm(signal, abort);
    const settle = (resolution) => (value) => {
      removeAbortAlgorithm(signal, abort);
      resolution(value);
    };
    then(answer, settle(resolve), settle(reject));
  });
}

function responseOf(answer, method, url, redirected, signal) {
  const body = fetchedBody(answer[BODY], answer[STATUS], method);
  if (signal !== null && body !== null && answer[BODY] !== 0) body.abort = new BodyAbort(answer[BODY], signal);
  return createFetchedResponse(body, answer[STATUS], answer[STATUS_TEXT], answer[LIST], withoutFragment(url), redirected);
}

// Why a body that is empty for certain is not null: programs read `response.body` without asking whether there is one. Why null for a
// status that allows none, whatever was sent: who makes a Response of this one and its body again could not.
function fetchedBody(id, status, method) {
  if (status === 204 || status === 205 || status === 304) {
    if (id !== 0) native.bodyCancel(id);
    return null;
  }
  if (id !== 0) return nativeBody(id);
  return method === "HEAD" ? null : valueBody("", null);
}

function discard(answer) {
  if (answer[BODY] !== 0) native.bodyCancel(answer[BODY]);
}

function refused(answer, why) {
  discard(answer);
  return new TypeError(`fetch failed: ${why}.`);
}

// --- URLs ----------------------------------------------------------------------------------------------------

const AFTER_SCHEME = 1;
const BEFORE_HOST = 3;
const AFTER_PORT = 5;

// The absolute URL of a location, with the fragment of the URL that redirected if it has none of its own. Why its bytes
// above ASCII are encoded here: servers send UTF-8, and a header has a character for each byte.
function redirectTarget(location, url) {
  const parts = native.urlParse(bytesEncoded(location), url);
  if (parts === undefined) return undefined;
  const href = parts[0];
  if (!startsWith(href, "http:") && !startsWith(href, "https:")) return undefined;
  const hash = indexOf(url, "#");
  return hash < 0 || indexOf(href, "#") >= 0 ? href : href + slice(url, hash);
}

const HEX_DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F"];

function bytesEncoded(location) {
  let encoded = "";
  let start = 0;
  for (let i = 0; i < location.length; i++) {
    const byte = charCodeAt(location, i);
    if (byte < 0x80) continue;
    encoded += `${slice(location, start, i)}%${HEX_DIGITS[byte >> 4]}${HEX_DIGITS[byte & 15]}`;
    start = i + 1;
  }
  return start === 0 ? location : encoded + slice(location, start);
}

function originOf(url) {
  const parts = native.urlParse(url, undefined);
  return `${slice(url, 0, parts[AFTER_SCHEME])}://${slice(url, parts[BEFORE_HOST], parts[AFTER_PORT])}`;
}

function withoutFragment(url) {
  const hash = indexOf(url, "#");
  return hash < 0 ? url : slice(url, 0, hash);
}

// --- WebSockets ----------------------------------------------------------------------------------------------

function isUpgrade(list) {
  const value = valueIn(list, "upgrade");
  return value !== null && lowerCase(value) === "websocket";
}

async function upgrade(hop, parts, url) {
  const { method, signal } = parts;
  if (method !== "GET") throw new TypeError(`fetch: a request with 'Upgrade: websocket' must have method GET, not ${upperCase(method)}.`);
  const list = copyList(parts.list);
  const protocols = protocolsOf(valueIn(list, "sec-websocket-protocol"));
  deleteAll(list, HANDSHAKE_HEADERS);
  const token = newToken();
  const connecting = hop.connect(token, url, list, protocols);
  const answer = await (signal === null ? connecting : abortable(hop, token, signal, connecting));
  const id = answer[0];
  const status = answer[1];
  if (id === 0) {
    const body = fetchedBody(answer[4] ?? 0, status, method);
    return createFetchedResponse(body, status, "", answer[2], withoutFragment(url), false);
  }
  const socket = load("lazy/websocket.js").createNativeWebSocket(id, answer[3], answer[5]);
  return createFetchedResponse(null, status, "Switching Protocols", answer[2], withoutFragment(url), false, socket);
}

// What the handshake says itself. Which extensions it offers is the worker's to say.
const HANDSHAKE_HEADERS = [
  "connection",
  "sec-websocket-key",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "upgrade",
];

function protocolsOf(value) {
  const protocols = [];
  let rest = value ?? "";
  while (rest !== "") {
    const comma = indexOf(rest, ",");
    const protocol = trim(comma < 0 ? rest : slice(rest, 0, comma));
    if (isToken(protocol)) protocols[protocols.length] = protocol;
    rest = comma < 0 ? "" : slice(rest, comma + 1);
  }
  return protocols;
}
