// Request (https://fetch.spec.whatwg.org/#request-class), with what Workers add to it: `cf`. The request of an event
// starts as a number, a method, a URL and a body's number; headers, body, signal and cf are made when they are asked for.
import { USVString, defineInterface, requireArguments } from "./webidl.js";
import { createHeaders, createImmutableHeaders, createIncomingHeaders, headerListOf, listOfHeadersInit } from "./headers.js";
import { appendTo, copyList, hasIn, valueIn } from "./header-list.js";
import { cloneBody, extractBody, isBodyReplayable, isBodyUnusable, nativeBody, streamOf, takeOverBody } from "./body.js";
import { defineBodyMixin } from "./body-mixin.js";
import { createAbortSignal, createDependentSignal } from "./abort.js";
import { NO_INIT, USUAL, extrasOfInit, readInit, requestHref } from "./request-init.js";
import { signalOfEvent } from "./event-signals.js";
import { load } from "./lazy.js";

// The constructor's first argument when the platform itself makes an object: tenants never see it.
const INTERNAL = { __proto__: null };

/** The request of an event. */
export const createIncomingRequest = (eventId, method, url, bodyId) => new Request(INTERNAL, undefined, eventId, method, url, bodyId);
export let isRequest;
/** What `fetch` needs of a request. The body is the Body itself, and whoever sends it uses it up. */
export let partsOf;

export class Request {
  #method;
  #url;
  // The event whose request this is: the headers, the signal and `cf` are that event's. 0 for every other request.
  #eventId = 0;
  #list = null;
  #headers = null;
  #body = null;
  #redirect = "follow";
  // The signal that was given. The one that `signal` shows follows it.
  #given = null;
  #signal = null;
  // `cf`, and the event to ask for it first.
  #cf = undefined;
  #cfEventId = 0;
  #extras = USUAL;

  constructor(input, init = undefined, eventId, method, url, bodyId) {
    if (input === INTERNAL) {
      this.#eventId = eventId;
      this.#cfEventId = eventId;
      this.#method = method;
      this.#url = url;
      // Why not "follow": a request that is passed on leaves redirects to the client that sent it.
      this.#redirect = "manual";
      if (bodyId !== 0) this.#body = nativeBody(bodyId);
      return;
    }
    requireArguments(arguments.length, 1, "Request constructor");
    const source = isRequest(input) ? input : null;
    const text = source === null ? USVString(input) : "";
    const members = init === undefined || init === null ? NO_INIT : isRequest(init) ? init.#asInit() : readInit(init);
    if (source === null) {
      this.#url = requestHref(text);
      this.#method = "GET";
    } else {
      this.#inherit(source);
    }
    if (members !== NO_INIT) this.#initialize(members);
    if (members.headers !== undefined) this.#list = listOfHeadersInit(members.headers, "Request constructor");
    else this.#list = source === null ? [] : copyList(source.#currentList());
    this.#carry(members.body, source);
  }

  #inherit(source) {
    this.#url = source.#url;
    this.#method = source.#method;
    this.#redirect = source.#redirect;
    // Why an event's own signal is not inherited: that the client left does not end what the worker asks of others.
    this.#given = source.#given;
    this.#cf = source.#cf;
    this.#cfEventId = source.#cfEventId;
    this.#extras = source.#extras;
  }

  #initialize(members) {
    if (members.method !== undefined) this.#method = members.method;
    if (members.redirect !== undefined) this.#redirect = members.redirect;
    if (members.signal !== undefined) this.#given = members.signal;
    if (members.cf !== undefined) {
      this.#cf = members.cf;
      this.#cfEventId = 0;
    }
    this.#extras = extrasOfInit(members, this.#extras, this.#method);
  }

  // Position matters: an input's body is taken over last, when nothing can throw any more.
  #carry(init, source) {
    const given = init !== undefined && init !== null;
    const inherited = source === null ? null : source.#body;
    if ((given || inherited !== null) && (this.#method === "GET" || this.#method === "HEAD")) {
      // Why an explicit null passes: it says that the body is not meant.
      if (init === null) return;
      throw new TypeError(`Request constructor: a request with method ${this.#method} cannot have a body.`);
    }
    if (given) {
      this.#body = extractBody(init, "Request constructor");
      const { type } = this.#body;
      if (this.#extras.keepalive && !isBodyReplayable(this.#body)) {
        throw new TypeError("Request constructor: a request with keepalive cannot have a stream as its body.");
      }
      if (type !== null && !hasIn(this.#list, "content-type")) appendTo(this.#list, "content-type", type);
      return;
    }
    if (inherited === null) return;
    if (isBodyUnusable(inherited)) throw new TypeError("Request constructor: the body of the request that was given was already used.");
    this.#body = takeOverBody(inherited);
  }

  get method() {
    return this.#method;
  }

  get url() {
    return this.#url;
  }

  get headers() {
    if (this.#headers !== null) return this.#headers;
    return (this.#headers = this.#list === null ? createIncomingHeaders(this.#eventId) : createHeaders(this.#list));
  }

  get destination() {
    return this.#extras.destination;
  }

  get referrer() {
    return this.#extras.referrer;
  }

  get referrerPolicy() {
    return this.#extras.referrerPolicy;
  }

  get mode() {
    return this.#extras.mode;
  }

  get credentials() {
    return this.#extras.credentials;
  }

  get cache() {
    return this.#extras.cache;
  }

  get redirect() {
    return this.#redirect;
  }

  get integrity() {
    return this.#extras.integrity;
  }

  get keepalive() {
    return this.#extras.keepalive;
  }

  get isReloadNavigation() {
    return this.#extras.isReloadNavigation;
  }

  get isHistoryNavigation() {
    return this.#extras.isHistoryNavigation;
  }

  get signal() {
    if (this.#signal !== null) return this.#signal;
    if (this.#eventId !== 0) return (this.#signal = signalOfEvent(this.#eventId));
    return (this.#signal = this.#given === null ? createAbortSignal() : createDependentSignal([this.#given]));
  }

  // Where it would go without a network. No request here is bound to such a place.
  get fetcher() {
    this.#redirect;
    return null;
  }

  get duplex() {
    return this.#extras.duplex;
  }

  get cf() {
    if (this.#cfEventId !== 0) {
      const eventId = this.#cfEventId;
      this.#cf = load("lazy/incoming-cf.js").cfOfEvent(eventId);
      this.#cfEventId = 0;
    }
    return this.#cf;
  }

  clone() {
    if (isBodyUnusable(this.#body)) throw new TypeError("Request.clone: the body was already used.");
    const bodies = cloneBody(this.#body);
    this.#body = bodies[0];
    const copy = new Request(INTERNAL, undefined, this.#eventId, this.#method, this.#url, 0);
    copy.#inherit(this);
    const list = this.#currentList();
    // What came with an event never changes, so its list can be shared.
    if (this.#eventId === 0) copy.#list = copyList(list);
    else copy.#headers = createImmutableHeaders(list);
    copy.#body = bodies[1];
    return copy;
  }

  #contentType() {
    return this.#list === null ? this.headers.get("content-type") : valueIn(this.#currentList(), "content-type");
  }

  #currentList() {
    if (this.#headers !== null) return headerListOf(this.#headers);
    return this.#list ?? headerListOf(this.headers);
  }

  // A request in the place of a RequestInit. Why not by its attributes: `signal` would make a signal.
  #asInit() {
    return {
      ...NO_INIT,
      method: this.#method,
      headers: this.headers,
      body: streamOf(this.#body) ?? undefined,
      redirect: this.#redirect,
      signal: this.#given ?? undefined,
      cf: this.cf,
    };
  }

  static {
    defineBodyMixin(Request, (request) => request.#body, (request) => request.#contentType());
    isRequest = (value) => typeof value === "object" && value !== null && #redirect in value;
    partsOf = (request) => ({
      method: request.#method,
      url: request.#url,
      list: request.#currentList(),
      body: request.#body,
      redirect: request.#redirect,
      cache: request.#extras.cache,
      signal: request.#given,
      cf: request.#cf,
      cfEventId: request.#cfEventId,
    });
  }
}
defineInterface(Request, "Request");
