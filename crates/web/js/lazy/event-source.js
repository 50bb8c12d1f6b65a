// EventSource (https://html.spec.whatwg.org/multipage/server-sent-events.html), and `EventSource.from(stream)`, which Workers have.
// It lives as long as the event that it was made in.
import { USVString, defineConstants, defineInterface, dictionary, requireArguments } from "../webidl.js";
import { DOMException } from "../dom-exception.js";
import { Event, EventTarget, defineEventHandler, dispatchTrusted } from "../event-target.js";
import { MessageEvent } from "./event-kinds.js";
import { TextDecoder } from "../encoding.js";
import { fetch } from "../fetch.js";
import { ReadableStream, isReadableStream } from "./streams/index.js";
import { native } from "../native.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const indexOf = uncurry(String.prototype.indexOf);
const slice = uncurry(String.prototype.slice);
const lowerCase = uncurry(String.prototype.toLowerCase);
const trim = uncurry(String.prototype.trim);
const { fromCharCode } = String;
const decode = uncurry(TextDecoder.prototype.decode);
const getReader = uncurry(ReadableStream.prototype.getReader);

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

const RETRY_MS = 3_000;
const RETRY_MS_MAX = 60_000;
// A server that cannot be reached as often in a row is given up.
const FAILURES_MAX = 8;
const FROM_STREAM = { __proto__: null };
const LF = 10;
const CR = 13;

export class EventSource extends EventTarget {
  #url = null;
  #withCredentials = false;
  #state = CONNECTING;
  #reader = null;
  #retryMs = RETRY_MS;
  #failures = 0;
  #lastEventId = "";
  // The event that is being read.
  #data = "";
  #hasData = false;
  #type = "";
  #id = "";

  constructor(url, eventSourceInitDict = undefined) {
    requireArguments(arguments.length, 1, "EventSource constructor");
    if (url === FROM_STREAM) {
      super();
      this.#open(eventSourceInitDict);
      return;
    }
    const text = USVString(url);
    const { withCredentials } = dictionary(eventSourceInitDict, "EventSource constructor: the second argument");
    const parts = native.urlParse(text, undefined);
    if (parts === undefined) throw new DOMException(`EventSource constructor: '${slice(text, 0, 100)}' is not an absolute URL.`, "SyntaxError");
    super();
    this.#url = parts[0];
    this.#withCredentials = !!withCredentials;
    this.#connect();
  }

  static from(stream) {
    requireArguments(arguments.length, 1, "EventSource.from");
    if (!isReadableStream(stream)) throw new TypeError("EventSource.from: the argument is not a ReadableStream.");
    return new EventSource(FROM_STREAM, getReader(stream));
  }

  get url() {
    return this.#url ?? "";
  }

  get withCredentials() {
    return this.#withCredentials;
  }

  get readyState() {
    return this.#state;
  }

  close() {
    this.#state = CLOSED;
    const reader = this.#reader;
    this.#reader = null;
    if (reader !== null) quietly(reader.cancel());
  }

  async #connect() {
    let response;
    try {
      response = await fetch(this.#url, { headers: this.#headers(), cache: "no-store" });
    } catch (error) {
      return this.#comeBack(error);
    }
    const { body } = response;
    const isStream = response.status === 200 && body !== null && isEventStream(response.headers.get("content-type"));
    if (isStream && this.#state !== CLOSED) return this.#open(getReader(body));
    if (body !== null) quietly(body.cancel());
    if (this.#state !== CLOSED) this.#fail();
  }

  #headers() {
    const headers = { accept: "text/event-stream", "cache-control": "no-cache" };
    if (this.#lastEventId !== "") headers["last-event-id"] = bytesAsText(native.utf8Encode(this.#lastEventId));
    return headers;
  }

  // Later, so that whoever has made it can listen first.
  async #open(reader) {
    this.#reader = reader;
    await undefined;
    if (this.#state === CLOSED) return;
    this.#state = OPEN;
    this.#failures = 0;
    dispatchTrusted(this, new Event("open"));
    try {
      await this.#read(reader);
    } catch {
      // The end, as any other.
    }
    if (this.#state !== CLOSED) this.#comeBack();
  }

  async #read(reader) {
    const decoder = new TextDecoder();
    let rest = "";
    let skipsLineFeed = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.#state === CLOSED) return;
      let text = decode(decoder, value, { stream: true });
      if (skipsLineFeed && text !== "") {
        if (charCodeAt(text, 0) === LF) text = slice(text, 1);
        skipsLineFeed = false;
      }
      let start = 0;
      for (let at = 0; at < text.length; at++) {
        const code = charCodeAt(text, at);
        if (code !== LF && code !== CR) continue;
        this.#line(rest + slice(text, start, at));
        if (this.#state === CLOSED) return;
        rest = "";
        if (code === CR && at + 1 === text.length) skipsLineFeed = true;
        else if (code === CR && charCodeAt(text, at + 1) === LF) at++;
        start = at + 1;
      }
      rest += slice(text, start);
    }
  }

  #line(line) {
    if (line === "") return this.#dispatch();
    const colon = indexOf(line, ":");
    if (colon === 0) return;
    const field = colon === -1 ? line : slice(line, 0, colon);
    let value = colon === -1 ? "" : slice(line, colon + 1);
    if (charCodeAt(value, 0) === 32) value = slice(value, 1);
    if (field === "event") this.#type = value;
    else if (field === "data") {
      this.#data += this.#hasData ? `\n${value}` : value;
      this.#hasData = true;
    } else if (field === "id") {
      if (indexOf(value, "\0") === -1) this.#id = value;
    } else if (field === "retry") {
      const milliseconds = digitsOf(value);
      if (milliseconds !== undefined) this.#retryMs = milliseconds;
    }
  }

  #dispatch() {
    this.#lastEventId = this.#id;
    const type = this.#type === "" ? "message" : this.#type;
    const data = this.#data;
    const hasData = this.#hasData;
    this.#type = "";
    this.#data = "";
    this.#hasData = false;
    if (hasData) dispatchTrusted(this, new MessageEvent(type, { data, origin: this.#origin(), lastEventId: this.#lastEventId }));
  }

  #origin() {
    const parts = this.#url === null ? undefined : native.urlParse("/", this.#url);
    return parts === undefined ? "" : slice(parts[0], 0, parts[0].length - 1);
  }

  #comeBack() {
    this.#reader = null;
    if (this.#state === CLOSED) return;
    if (this.#url === null || this.#failures === FAILURES_MAX) return this.#fail();
    this.#state = CONNECTING;
    this.#data = "";
    this.#hasData = false;
    this.#type = "";
    this.#id = this.#lastEventId;
    dispatchTrusted(this, new Event("error"));
    if (this.#state === CLOSED) return;
    const wait = this.#retryMs * 2 ** this.#failures++;
    const again = () => {
      if (this.#state === CONNECTING) this.#connect();
    };
    native.timerStart(again, wait < RETRY_MS_MAX ? wait : RETRY_MS_MAX, false);
  }

  #fail() {
    this.#state = CLOSED;
    dispatchTrusted(this, new Event("error"));
  }
}
defineInterface(EventSource, "EventSource");
defineConstants(EventSource, { CONNECTING, OPEN, CLOSED });
defineEventHandler(EventSource, "open");
defineEventHandler(EventSource, "message");
defineEventHandler(EventSource, "error");

function isEventStream(type) {
  const end = type === null ? -1 : indexOf(type, ";");
  return type !== null && lowerCase(trim(end === -1 ? type : slice(type, 0, end))) === "text/event-stream";
}

// A header's value is a byte a character.
function bytesAsText(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += fromCharCode(bytes[i]);
  return text;
}

function digitsOf(text) {
  let number = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = charCodeAt(text, i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
    if (number > RETRY_MS_MAX) number = RETRY_MS_MAX;
  }
  return text === "" ? undefined : number;
}

async function quietly(promise) {
  try {
    await promise;
  } catch {
    // Nobody reads it any more.
  }
}
