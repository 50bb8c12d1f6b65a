// The kinds of events that carry something: CustomEvent (DOM), ErrorEvent, PromiseRejectionEvent and MessageEvent
// (HTML), CloseEvent (WebSockets), ProgressEvent (XMLHttpRequest).
import {
  DOMString,
  USVString,
  defineInterface,
  dictionary,
  double,
  requireArguments,
  sequence,
  unsignedLong,
  unsignedShort,
} from "../webidl.js";
import { Event, isEventTarget } from "../event-target.js";
import { isMessagePort } from "../registered.js";

const { freeze } = Object;
const promiseResolve = Promise.resolve.bind(Promise);

export class CustomEvent extends Event {
  #detail;

  constructor(type, eventInitDict = undefined) {
    requireArguments(arguments.length, 1, "CustomEvent constructor");
    super(type, eventInitDict);
    this.#detail = given(dictionary(eventInitDict).detail, null);
  }

  get detail() {
    return this.#detail;
  }

  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    requireArguments(arguments.length, 1, "CustomEvent.initCustomEvent");
    // Reading the field first is the check that this is a CustomEvent.
    const detailBefore = this.#detail;
    const dispatching = this.eventPhase !== 0;
    Event.prototype.initEvent.call(this, type, bubbles, cancelable);
    this.#detail = dispatching ? detailBefore : detail;
  }
}
defineInterface(CustomEvent, "CustomEvent");

export class ErrorEvent extends Event {
  #message;
  #filename;
  #lineno;
  #colno;
  #error;

  constructor(type, eventInitDict = undefined) {
    requireArguments(arguments.length, 1, "ErrorEvent constructor");
    super(type, eventInitDict);
    const init = dictionary(eventInitDict);
    this.#colno = unsignedLong(given(init.colno, 0));
    this.#error = init.error;
    this.#filename = USVString(given(init.filename, ""));
    this.#lineno = unsignedLong(given(init.lineno, 0));
    this.#message = DOMString(given(init.message, ""));
  }

  get message() {
    return this.#message;
  }

  get filename() {
    return this.#filename;
  }

  get lineno() {
    return this.#lineno;
  }

  get colno() {
    return this.#colno;
  }

  get error() {
    return this.#error;
  }
}
defineInterface(ErrorEvent, "ErrorEvent");

export class PromiseRejectionEvent extends Event {
  #promise;
  #reason;

  constructor(type, eventInitDict) {
    requireArguments(arguments.length, 2, "PromiseRejectionEvent constructor");
    super(type, eventInitDict);
    const init = dictionary(eventInitDict);
    const promise = init.promise;
    if (promise === undefined) {
      throw new TypeError("PromiseRejectionEvent constructor: the member 'promise' is required.");
    }
    // Web IDL's conversion to a promise: a promise stays itself.
    this.#promise = promiseResolve(promise);
    this.#reason = init.reason;
  }

  get promise() {
    return this.#promise;
  }

  get reason() {
    return this.#reason;
  }
}
defineInterface(PromiseRejectionEvent, "PromiseRejectionEvent");

export class MessageEvent extends Event {
  #data;
  #origin;
  #lastEventId;
  #source;
  #ports;

  constructor(type, eventInitDict = undefined) {
    requireArguments(arguments.length, 1, "MessageEvent constructor");
    super(type, eventInitDict);
    const init = dictionary(eventInitDict);
    this.#data = given(init.data, null);
    this.#lastEventId = DOMString(given(init.lastEventId, ""));
    this.#origin = USVString(given(init.origin, ""));
    const { ports } = init;
    if (ports !== undefined) this.#ports = freeze(sequence(ports, requirePort, "MessageEvent constructor: the member 'ports'"));
    const source = given(init.source, null);
    if (source !== null && !isEventTarget(source)) {
      throw new TypeError("MessageEvent constructor: the member 'source' is not an EventTarget.");
    }
    this.#source = source;
  }

  get data() {
    return this.#data;
  }

  get origin() {
    return this.#origin;
  }

  get lastEventId() {
    return this.#lastEventId;
  }

  get source() {
    return this.#source;
  }

  get ports() {
    return (this.#ports ??= freeze([]));
  }
}
defineInterface(MessageEvent, "MessageEvent");

export class CloseEvent extends Event {
  #wasClean;
  #code;
  #reason;

  constructor(type, eventInitDict = undefined) {
    requireArguments(arguments.length, 1, "CloseEvent constructor");
    super(type, eventInitDict);
    const init = dictionary(eventInitDict);
    this.#code = unsignedShort(given(init.code, 0));
    this.#reason = USVString(given(init.reason, ""));
    this.#wasClean = !!init.wasClean;
  }

  get wasClean() {
    return this.#wasClean;
  }

  get code() {
    return this.#code;
  }

  get reason() {
    return this.#reason;
  }
}
defineInterface(CloseEvent, "CloseEvent");

export class ProgressEvent extends Event {
  #lengthComputable;
  #loaded;
  #total;

  constructor(type, eventInitDict = undefined) {
    requireArguments(arguments.length, 1, "ProgressEvent constructor");
    super(type, eventInitDict);
    const init = dictionary(eventInitDict);
    this.#lengthComputable = !!init.lengthComputable;
    this.#loaded = double(given(init.loaded, 0), "ProgressEvent constructor: the member 'loaded'");
    this.#total = double(given(init.total, 0), "ProgressEvent constructor: the member 'total'");
  }

  get lengthComputable() {
    return this.#lengthComputable;
  }

  get loaded() {
    return this.#loaded;
  }

  get total() {
    return this.#total;
  }
}
defineInterface(ProgressEvent, "ProgressEvent");

function requirePort(value) {
  if (!isMessagePort(value)) throw new TypeError("MessageEvent constructor: the member 'ports' holds something that is not a MessagePort.");
  return value;
}

// A dictionary's member, or its default when it is not there.
function given(value, byDefault) {
  return value === undefined ? byDefault : value;
}
