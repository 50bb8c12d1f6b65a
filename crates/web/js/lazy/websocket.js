// WebSockets (https://websockets.spec.whatwg.org/): the client of the standard, and the sockets of Workers - halves of a
// WebSocketPair and what an upgraded `fetch` gives - which stay silent until accept() is called.
import { DOMString, USVString, bytesOf, defineConstants, defineInterface, dictionary, requireArguments, sequence, unsignedShort } from "../webidl.js";
import { DOMException } from "../dom-exception.js";
import { Event, EventTarget, defineEventHandler, dispatchTrusted } from "../event-target.js";
import { CloseEvent, ErrorEvent, MessageEvent } from "./event-kinds.js";
import { bytesOfBlob, createBlob, isBlob } from "../blob.js";
import { isToken } from "../header-list.js";
import { newToken } from "../fetch-tokens.js";
import { NativeLink, PairLink, abandon, forward, isClosing, lost } from "./websocket-links.js";
import { isOn } from "../compatibility.js";
import { load } from "../lazy.js";
import { native } from "../native.js";
import { showFields } from "../platform-values.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const startsWith = uncurry(String.prototype.startsWith);
const indexOf = uncurry(String.prototype.indexOf);
const slice = uncurry(String.prototype.slice);
const lowerCase = uncurry(String.prototype.toLowerCase);
const toWellFormed = uncurry(String.prototype.toWellFormed);
const then = uncurry(Promise.prototype.then);
const bufferOf = uncurry(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "buffer").get);
const settled = Promise.resolve();

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const REASON_BYTES_MAX = 123;
const ATTACHMENT_LENGTH_MAX = 16 << 10;

// The headers that a client of the standard offers compression with, as browsers do; without the flag they are not sent.
const OFFER = ["sec-websocket-extensions", "permessage-deflate"];

// The constructor's first argument when the platform itself makes an object: tenants never see it.
const INTERNAL = { __proto__: null };

export let isWebSocket;
/** The WebSocket of a connection that a native holds: `fetch` gives it, and accept() starts it. */
export let createNativeWebSocket;
/** Two WebSockets, each the other's peer. */
export let createWebSocketPair;
/**
 * Answers an event with an upgrade and connects the socket to its client. Throws a TypeError if that cannot be; then
 * nothing was answered.
 */
export let sendWebSocket;

export class WebSocket extends EventTarget {
  #state = CONNECTING;
  // Where messages go: a connection of the natives, or the other half of a pair.
  #link = null;
  #url = null;
  #protocol = "";
  #extensions = "";
  #binaryType = isOn("websocket_standard_binary_type") ? "blob" : "arraybuffer";
  // A socket of Workers must be accepted before it speaks; what comes before that waits in `#early`.
  #isAccepted = true;
  #early = null;
  // Of a standard client: what it was given to connect with.
  #token = 0;
  // Whether the worker itself answers when the other side closes, as it asked to; and whether that has happened.
  #isHalfOpenAllowed = false;
  #hasHeardClose = false;
  // What serializeAttachment() was given, as text.
  #attachment = null;
  // Bytes that were "sent" after closing; the standard counts them.
  #bytesNeverSent = 0;
  // Given away in a response: it cannot be used here any more, and what comes for it goes on to this link.
  #isGivenAway = false;
  #successor = null;
  // Of a half of a pair: the link by which the other half sends.
  #twin = null;

  constructor(url, protocols = undefined, link, protocol) {
    if (url === INTERNAL) {
      super();
      this.#state = OPEN;
      this.#link = link;
      this.#protocol = protocol;
      this.#isAccepted = false;
      return;
    }
    requireArguments(arguments.length, 1, "WebSocket constructor");
    const text = USVString(url);
    const list = protocolList(protocols);
    super();
    this.#url = checkedUrl(text);
    checkProtocols(list);
    this.#connect(list);
  }

  get url() {
    return this.#url;
  }

  get readyState() {
    return this.#state;
  }

  get bufferedAmount() {
    const waiting = this.#state === CLOSED || this.#link === null ? 0 : this.#link.buffered();
    return waiting + this.#bytesNeverSent;
  }

  get extensions() {
    return this.#extensions;
  }

  get protocol() {
    return this.#protocol;
  }

  get binaryType() {
    return this.#binaryType;
  }

  set binaryType(value) {
    const type = DOMString(value);
    // An enumeration's attribute ignores what is none of its values.
    if (type === "blob" || type === "arraybuffer") this.#binaryType = type;
  }

  /** Begins to receive. Only sockets of Workers need it; for others, and a second time, it does nothing. */
  accept(options = undefined) {
    const { allowHalfOpen } = dictionary(options, "WebSocket.accept: the options");
    if (this.#isGivenAway) throw new TypeError("WebSocket.accept: this WebSocket was given away in a Response and cannot be used here.");
    if (this.#isAccepted) return;
    this.#isAccepted = true;
    this.#isHalfOpenAllowed = Boolean(allowHalfOpen);
    this.#link.start(this.#deliverer());
    // Later, so that listeners that are added right after accept() see everything.
    if (this.#early !== null) then(settled, () => this.#deliverEarly());
  }

  send(message) {
    requireArguments(arguments.length, 1, "WebSocket.send");
    const data = messageOf(message);
    if (this.#state === CONNECTING) throw new DOMException("WebSocket.send: the connection is not open yet.", "InvalidStateError");
    if (!this.#isAccepted) throw new TypeError("WebSocket.send: accept() must be called before messages can be sent.");
    if (this.#state === OPEN || (this.#state === CLOSING && this.#hasHeardClose)) this.#link.send(data);
    else if (this.#url === null && this.#state === CLOSING) throw new TypeError("WebSocket.send: the WebSocket was closed by close().");
    else this.#bytesNeverSent += typeof data === "string" ? native.utf8Encode(data).length : data.length;
  }

  close(code = undefined, reason = undefined) {
    const isStandard = this.#url !== null;
    const number = code === undefined ? 0 : unsignedShort(code, isStandard ? { mode: "clamp" } : undefined);
    const text = reason === undefined ? "" : USVString(reason);
    if (code !== undefined && !(isStandard ? isOwnCloseCode(number) : isCloseCode(number))) {
      throw new DOMException(
        `WebSocket.close: ${number} is not a code that a program may close with${isStandard ? "; use 1000 or 3000 to 4999" : ""}.`,
        "InvalidAccessError",
      );
    }
    if (native.utf8Encode(text).length > REASON_BYTES_MAX) {
      throw new DOMException(`WebSocket.close: the reason has more than ${REASON_BYTES_MAX} bytes.`, "SyntaxError");
    }
    if (!this.#isAccepted) throw new TypeError("WebSocket.close: accept() must be called before the WebSocket can be closed.");
    if (this.#state === CLOSED || (this.#state === CLOSING && !this.#hasHeardClose)) return;
    const wasConnecting = this.#state === CONNECTING;
    this.#state = this.#hasHeardClose ? CLOSED : CLOSING;
    if (wasConnecting) this.#giveUp();
    else this.#link.close(number === 0 && text !== "" ? 1000 : number, text);
  }

  /** Keeps a value with the socket: what `deserializeAttachment()` gives copies of. */
  serializeAttachment(attachment) {
    requireArguments(arguments.length, 1, "WebSocket.serializeAttachment");
    const text = load("lazy/rpc/write.js").write(attachment, noReference);
    if (text.length > ATTACHMENT_LENGTH_MAX) {
      throw new Error(`WebSocket.serializeAttachment: the value has ${text.length} bytes, and ${ATTACHMENT_LENGTH_MAX} are the most.`);
    }
    this.#attachment = text;
  }

  deserializeAttachment() {
    return this.#attachment === null ? null : load("lazy/rpc/read.js").read(this.#attachment, noReference);
  }

  #connect(protocols) {
    this.#token = newToken();
    const answer = native.webSocketConnect(this.#token, this.#url, OFFER, protocols);
    then(
      answer,
      (result) => this.#opened(result, protocols),
      (error) => this.#fail(error),
    );
  }

  #opened(result, protocols) {
    const id = result[0];
    const protocol = result[3];
    if (this.#state !== CONNECTING) {
      if (id !== 0) abandon(id);
      else dropBody(result);
      return;
    }
    if (id === 0) {
      dropBody(result);
      this.#fail(new TypeError(`WebSocket: the server answered with status ${result[1]} instead of an upgrade.`));
      return;
    }
    if (protocol !== "" && !includes(protocols, protocol)) {
      abandon(id);
      this.#fail(new TypeError(`WebSocket: the server chose the protocol '${protocol}', which was not offered.`));
      return;
    }
    this.#protocol = protocol;
    this.#extensions = result[5];
    this.#link = new NativeLink(id);
    this.#state = OPEN;
    dispatchTrusted(this, new Event("open"));
    this.#link.start(this.#deliverer());
  }

  // The program closes a connection that is not there yet.
  #giveUp() {
    native.fetchAbort(this.#token);
    then(settled, () => this.#fail(new TypeError("WebSocket: it was closed before the connection was open.")));
  }

  #fail(error) {
    this.#finish(lost(error));
  }

  #deliverer() {
    return (item) => this.#receive(item);
  }

  #receive(item) {
    if (this.#successor !== null) forward(this.#successor, item);
    else if (!this.#isAccepted || this.#early !== null) (this.#early ??= [])[this.#early.length] = item;
    else this.#deliver(item);
  }

  #deliverEarly() {
    for (let i = 0; i < this.#early.length; i++) this.#deliver(this.#early[i]);
    this.#early = null;
  }

  #deliver(item) {
    if (isClosing(item)) this.#finish(item);
    else if (this.#state === OPEN || (this.#url === null && this.#state === CLOSING && !this.#hasHeardClose)) dispatchTrusted(this, new MessageEvent("message", { data: this.#dataOf(item), origin: this.#origin() }));
  }

  #dataOf(item) {
    if (typeof item === "string") return item;
    return this.#binaryType === "blob" ? createBlob(item, "") : bufferOf(item);
  }

  #origin() {
    if (this.#url === null) return "";
    const path = indexOf(this.#url, "/", "wss://".length);
    return path < 0 ? this.#url : slice(this.#url, 0, path);
  }

  #finish({ code, reason, wasClean, error }) {
    if (this.#state === CLOSED || this.#hasHeardClose) return;
    if (this.#state === OPEN && this.#isHalfOpenAllowed && wasClean) {
      this.#state = CLOSING;
      this.#hasHeardClose = true;
    } else {
      if (this.#state === OPEN && this.#link !== null) this.#link.answerClose(code, reason);
      this.#state = CLOSED;
    }
    if (!wasClean) {
      const message = error === undefined ? "The WebSocket's connection was lost." : `${error?.message ?? error}`;
      dispatchTrusted(this, new ErrorEvent("error", { message, error: error ?? new TypeError(message) }));
    }
    dispatchTrusted(this, new CloseEvent("close", { code, reason, wasClean }));
  }

  // --- Responses ---------------------------------------------------------------------------------------------

  #giveAway() {
    if (this.#isGivenAway) throw new TypeError("Response: its WebSocket was already given away in another Response.");
    if (this.#isAccepted) throw new TypeError("Response: its WebSocket was already accepted here, so it cannot be given to the client.");
    this.#isGivenAway = true;
    // Nobody here may close or send on it any more.
    this.#state = CLOSED;
  }

  // The client is there: what comes for this socket goes to the client, and what the client says goes where this socket
  // was connected to.
  #succeed(link) {
    this.#successor = link;
    if (this.#twin !== null) this.#twin.isDirect = true;
    const early = this.#early;
    this.#early = null;
    for (let i = 0; early !== null && i < early.length; i++) forward(link, early[i]);
    this.#link.join(link, this.#deliverer());
  }

  // There will be no client: the other side is told so.
  #bereave(error) {
    this.#link.join({ start: (deliver) => deliver(lost(error)) }, ignore);
  }

  static {
    isWebSocket = (value) => typeof value === "object" && value !== null && #state in value;
    createNativeWebSocket = (id, protocol, extensions) => new WebSocket(INTERNAL, undefined, new NativeLink(id, extensions), protocol);
    createWebSocketPair = () => {
      const first = new WebSocket(INTERNAL, undefined, null, "");
      const second = new WebSocket(INTERNAL, undefined, null, "");
      first.#link = second.#twin = new PairLink(second.#deliverer());
      second.#link = first.#twin = new PairLink(first.#deliverer());
      return [first, second];
    };
    sendWebSocket = (eventId, socket, status, list) => {
      socket.#giveAway();
      const upgraded = native.respondWebSocket(eventId, status, list, socket.#link.extensions);
      then(
        upgraded,
        (id) => socket.#succeed(new NativeLink(id)),
        (error) => socket.#bereave(error),
      );
    };
  }
}
defineInterface(WebSocket, "WebSocket");
showFields(isWebSocket, WebSocket, ["url", "readyState", "protocol"]);
defineConstants(WebSocket, { CONNECTING, OPEN, CLOSING, CLOSED });
// The names that Workers had first.
defineConstants(WebSocket, {
  READY_STATE_CONNECTING: CONNECTING,
  READY_STATE_OPEN: OPEN,
  READY_STATE_CLOSING: CLOSING,
  READY_STATE_CLOSED: CLOSED,
});
defineEventHandler(WebSocket, "open");
defineEventHandler(WebSocket, "message");
defineEventHandler(WebSocket, "error");
defineEventHandler(WebSocket, "close");

function ignore() {}

function noReference() {
  throw new DOMException("WebSocket.serializeAttachment: a function, a stream or an RpcTarget cannot be kept.", "DataCloneError");
}

// --- Checks --------------------------------------------------------------------------------------------------

function checkedUrl(text) {
  const parts = native.urlParse(text, undefined);
  const invalid = (why) => new DOMException(`WebSocket constructor: '${text}' ${why}.`, "SyntaxError");
  if (parts === undefined) throw invalid("is not an absolute URL");
  const href = parts[0];
  if (indexOf(href, "#") >= 0) throw invalid("has a fragment");
  if (startsWith(href, "ws:") || startsWith(href, "wss:")) return href;
  if (startsWith(href, "http:") || startsWith(href, "https:")) return `ws${slice(href, "http".length)}`;
  throw invalid("is neither a ws: nor a wss: URL");
}

// (DOMString or sequence<DOMString>)
function protocolList(protocols) {
  if (protocols === undefined) return [];
  if (typeof protocols !== "object" || protocols === null) return [DOMString(protocols)];
  return sequence(protocols, DOMString, "WebSocket constructor: the protocols");
}

function checkProtocols(protocols) {
  const seen = [];
  for (let i = 0; i < protocols.length; i++) {
    const protocol = protocols[i];
    if (!isToken(protocol)) throw new DOMException(`WebSocket constructor: '${protocol}' is not a valid protocol.`, "SyntaxError");
    const lower = lowerCase(protocol);
    if (includes(seen, lower)) throw new DOMException(`WebSocket constructor: the protocol '${protocol}' is there twice.`, "SyntaxError");
    seen[i] = lower;
  }
}

function includes(list, item) {
  for (let i = 0; i < list.length; i++) {
    if (list[i] === item) return true;
  }
  return false;
}

function messageOf(value) {
  if (typeof value === "string") return toWellFormed(value);
  if (isBlob(value)) return bytesOfBlob(value);
  return (typeof value === "object" && value !== null ? bytesOf(value) : undefined) ?? USVString(value);
}

const isOwnCloseCode = (code) => code === 1000 || (code >= 3000 && code <= 4999);

// What the endpoint of a connection, as which a worker may act, may say (RFC 6455, 7.4).
const isCloseCode = (code) => (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || isOwnCloseCode(code);

function dropBody(answer) {
  const id = answer[4] ?? 0;
  if (id !== 0) native.bodyCancel(id);
}
