// Response (https://fetch.spec.whatwg.org/#response-class), with what Workers add to it: `webSocket`, `encodeBody` and `cf`.
// A response keeps a plain header list until somebody asks for its Headers.
import { ByteString, DOMString, defineInterface, dictionary, requireArguments, unsignedShort, USVString } from "./webidl.js";
import { createHeaders, createImmutableHeaders, headerListOf, listOfHeadersInit } from "./headers.js";
import { appendTo, copyList, deleteFrom, hasIn, valueIn, withLength } from "./header-list.js";
import {
  Body,
  TEXT_TYPE,
  cloneBody,
  discardOutgoing,
  extractBody,
  isBodyUnusable,
  isKnownEmpty,
  outgoingBody,
  promisedLength,
  streamOf,
  valueBody,
} from "./body.js";
import { defineBodyMixin } from "./body-mixin.js";
import { load } from "./lazy.js";
import { hrefOf } from "./request-init.js";
import { native } from "./native.js";

const stringifyJson = JSON.stringify;
const charCodeAt = Function.prototype.call.bind(String.prototype.charCodeAt);

// The constructor's first argument when the platform itself makes an object: tenants never see it.
const INTERNAL = { __proto__: null };

// The header lists of the commonest responses. They are shared, so whoever changes a list copies these first.
const TEXT_LIST = ["content-type", TEXT_TYPE];
const JSON_LIST = ["content-type", "application/json"];
const NO_LIST = [];
const isShared = (list) => list === TEXT_LIST || list === JSON_LIST || list === NO_LIST;

// What few responses differ in. Everyone else has this one.
class Origin {
  url = "";
  type = "default";
  redirected = false;
  immutable = false;
  webSocket = null;
  encode = true;
  cf = undefined;
}
const MADE_HERE = new Origin();

export let isResponse;
/** The stream of a response's body, or null; throws if the body was used. */
export let bodyStreamOf;
/** A response like another one, whose body is what `replace(stream, contentType)` makes of its body; itself if it has none. */
export let withBody;
/** What the platform needs of a response, without its attributes. `encoded`: its bytes have their content coding already. */
export let partsOfResponse;
/** Sends a response as the answer to an event. Throws a TypeError if it cannot be sent; then nothing was. */
export let sendResponse;

export class Response {
  #status = 200;
  #statusText = "";
  // The header list for as long as there is no Headers object; afterwards the object has it.
  #list = NO_LIST;
  #headers = null;
  #body = null;
  #origin = MADE_HERE;

  constructor(body = null, init = undefined, status, statusText, list, origin) {
    if (body === INTERNAL) {
      this.#body = init;
      this.#status = status;
      this.#statusText = statusText;
      this.#list = list;
      this.#origin = origin;
      return;
    }
    if (init !== undefined && init !== null) this.#initialize(init);
    if (body === null) return;
    this.#carry(extractBody(body, "Response constructor"));
  }

  // The members of ResponseInit, in the order in which Web IDL reads them.
  #initialize(init) {
    const { cf, encodeBody, headers, status, statusText, webSocket } = dictionary(init, "Response constructor: the second argument");
    if (headers !== undefined) this.#list = listOfHeadersInit(headers, "Response constructor");
    const socket = webSocket === undefined || webSocket === null ? null : webSocket;
    if (socket !== null || encodeBody !== undefined || cf !== undefined) this.#origin = originOfInit(socket, encodeBody, cf);
    if (status !== undefined) this.#status = checkedStatus(statusOf(status), socket !== null);
    else if (socket !== null) this.#status = 101;
    if (statusText !== undefined) this.#statusText = checkedStatusText(ByteString(statusText));
  }

  #carry(body) {
    if (isNullBodyStatus(this.#status)) {
      // Why an empty body passes: it says the same as none, and programs for Workers rely on it.
      if (isKnownEmpty(body)) return;
      throw new TypeError(`Response constructor: a response with status ${this.#status} cannot have a body.`);
    }
    this.#body = body;
    const { type } = body;
    if (type === null) return;
    if (this.#list === NO_LIST) this.#list = type === TEXT_TYPE ? TEXT_LIST : ["content-type", type];
    else if (!hasIn(this.#list, "content-type")) appendTo(this.#list, "content-type", type);
  }

  static error() {
    const origin = new Origin();
    origin.type = "error";
    origin.immutable = true;
    return new Response(INTERNAL, null, 0, "", NO_LIST, origin);
  }

  static redirect(url, status = 302) {
    requireArguments(arguments.length, 1, "Response.redirect");
    const location = hrefOf(USVString(url), "Response.redirect");
    const number = unsignedShort(status);
    if (!isRedirectStatus(number)) throw new RangeError(`Response.redirect: ${number} is not the status of a redirect.`);
    const origin = new Origin();
    origin.immutable = true;
    return new Response(INTERNAL, null, number, "", ["location", location], origin);
  }

  static json(data, init = undefined) {
    requireArguments(arguments.length, 1, "Response.json");
    const text = stringifyJson(data);
    if (text === undefined) throw new TypeError("Response.json: the value cannot be written as JSON.");
    const response = new Response(INTERNAL, null, 200, "", NO_LIST, MADE_HERE);
    if (init !== undefined && init !== null) response.#initialize(init);
    response.#carry(valueBody(text, null));
    if (response.#list === NO_LIST) response.#list = JSON_LIST;
    else if (!hasIn(response.#list, "content-type")) appendTo(response.#list, "content-type", "application/json");
    return response;
  }

  get type() {
    return this.#origin.type;
  }

  get url() {
    return this.#origin.url;
  }

  get redirected() {
    return this.#origin.redirected;
  }

  get status() {
    return this.#status;
  }

  get ok() {
    return this.#status >= 200 && this.#status <= 299;
  }

  get statusText() {
    return this.#statusText;
  }

  get headers() {
    if (this.#headers !== null) return this.#headers;
    const list = isShared(this.#list) ? copyList(this.#list) : this.#list;
    return (this.#headers = this.#origin.immutable ? createImmutableHeaders(list) : createHeaders(list));
  }

  get webSocket() {
    return this.#origin.webSocket;
  }

  get cf() {
    return this.#origin.cf;
  }

  clone() {
    if (isBodyUnusable(this.#body)) throw new TypeError("Response.clone: the body was already used.");
    if (this.#origin.webSocket !== null) throw new TypeError("Response.clone: a response with a WebSocket cannot be cloned.");
    const bodies = cloneBody(this.#body);
    this.#body = bodies[0];
    const list = this.#currentList();
    return new Response(INTERNAL, bodies[1], this.#status, this.#statusText, isShared(list) ? list : copyList(list), this.#origin);
  }

  #stream(what) {
    if (isBodyUnusable(this.#body)) throw new TypeError(`${what}: the response's body was already used.`);
    return streamOf(this.#body);
  }

  #withBody(what, replace) {
    const stream = this.#stream(what);
    if (stream === null) return this;
    const list = copyList(this.#currentList());
    const body = new Body(null, 0, replace(stream, valueIn(list, "content-type")), null);
    // It will have another length.
    deleteFrom(list, "content-length");
    const origin = new Origin();
    origin.encode = this.#origin.encode;
    origin.cf = this.#origin.cf;
    return new Response(INTERNAL, body, this.#status, this.#statusText, list, origin);
  }

  #currentList() {
    return this.#headers === null ? this.#list : headerListOf(this.#headers);
  }

  #send(eventId) {
    const status = this.#status;
    if (status === 0) throw new TypeError("The fetch handler returned Response.error(), which cannot be sent.");
    const list = this.#currentList();
    const { webSocket, encode } = this.#origin;
    const headers = withLength(list, promisedLength(this.#body));
    if (webSocket !== null) return load("lazy/websocket.js").sendWebSocket(eventId, webSocket, status, headers);
    const body = outgoingBody(this.#body);
    try {
      native.respond(eventId, status, this.#statusText, headers, body, encode);
    } catch (error) {
      discardOutgoing(body);
      throw error;
    }
  }

  static {
    isResponse = (value) => typeof value === "object" && value !== null && #status in value;
    bodyStreamOf = (response, what) => response.#stream(what);
    partsOfResponse = (response) => ({
      status: response.#status,
      list: response.#currentList(),
      body: response.#body,
      type: response.#origin.type,
      encoded: !response.#origin.encode,
      webSocket: response.#origin.webSocket,
    });
    withBody = (response, what, replace) => response.#withBody(what, replace);
    sendResponse = (eventId, response) => response.#send(eventId);
    const contentTypeOf = (response) => valueIn(response.#currentList(), "content-type");
    defineBodyMixin(Response, (response) => response.#body, contentTypeOf);
  }
}
defineInterface(Response, "Response");

/** A response that came from outside. `list` becomes its own. */
export function createFetchedResponse(body, status, statusText, list, url, redirected, webSocket = null) {
  const origin = new Origin();
  origin.url = url;
  origin.type = "basic";
  origin.redirected = redirected;
  origin.immutable = true;
  origin.webSocket = webSocket;
  return new Response(INTERNAL, body, status, statusText, list, origin);
}

export const isRedirectStatus = (status) => status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

const isNullBodyStatus = (status) => status === 204 || status === 304 || status === 205 || status === 101;

function originOfInit(socket, encodeBody, cf) {
  const origin = new Origin();
  origin.cf = cf;
  if (socket !== null) {
    if (!load("lazy/websocket.js").isWebSocket(socket)) throw new TypeError("Response constructor: webSocket is not a WebSocket.");
    origin.webSocket = socket;
  }
  if (encodeBody !== undefined) {
    const encoding = DOMString(encodeBody);
    if (encoding !== "automatic" && encoding !== "manual") {
      throw new TypeError(`Response constructor: encodeBody is '${encoding}', neither 'automatic' nor 'manual'.`);
    }
    origin.encode = encoding === "automatic";
  }
  return origin;
}

// Nearly always it is a number that needs no conversion.
const statusOf = (status) => (typeof status === "number" && status === (status & 0xffff) ? status : unsignedShort(status));

function checkedStatus(status, hasWebSocket) {
  if (hasWebSocket) {
    if (status !== 101) throw new RangeError("Response constructor: a response with a WebSocket must have status 101.");
  } else if (status < 200 || status > 599) {
    throw new RangeError(`Response constructor: the status ${status} is outside the range 200 to 599.`);
  }
  return status;
}

// A reason phrase (RFC 9112) has tabs, spaces and visible characters.
function checkedStatusText(text) {
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    if ((code < 32 && code !== 9) || code === 127) {
      throw new TypeError(`Response constructor: the statusText has a character that it must not have at index ${i}.`);
    }
  }
  return text;
}
