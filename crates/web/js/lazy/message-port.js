// MessageChannel and MessagePort (https://html.spec.whatwg.org/multipage/web-messaging.html). Both ends of a channel are in one
// isolate. A message arrives in a turn of its own that belongs to the event whose code has sent it: it is that event's CPU time
// and its I/O that the listener may use, and what an event has sent and not delivered is gone with it.
import { defineInterface, dictionary, illegalConstructor, isObject, requireArguments, sequence } from "../webidl.js";
import { Event, EventTarget, defineEventHandler, dispatchTrusted } from "../event-target.js";
import { MessageEvent } from "./event-kinds.js";
import { native } from "../native.js";
import { registerTransferable, setIsMessagePort } from "../registered.js";
import { cloneForTransfer } from "./structured-clone.js";
import { cannotClone } from "./structured-clone-leaves.js";

const MADE_HERE = { __proto__: null };
// Stands in a queue for the news that the other end was closed.
const CLOSED = { __proto__: null };
const { iterator } = Symbol;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { apply } = Reflect;
const settled = Promise.resolve();
const then = Function.prototype.call.bind(Promise.prototype.then);

let isPort;
let entangle;
let isDetached;
let detach;

export class MessagePort extends EventTarget {
  #peer = null;
  #isDetached = false;
  #isStarted = false;
  // What came before somebody listened.
  #early = [];
  // What the event whose code ran last has sent here.
  #batch = null;

  constructor(token) {
    if (token !== MADE_HERE) illegalConstructor();
    super();
  }

  postMessage(message, transferOrOptions = undefined) {
    const peer = this.#peer;
    requireArguments(arguments.length, 1, "MessagePort.postMessage");
    const transfer = transferOf(transferOrOptions);
    for (let i = 0; i < transfer.length; i++) {
      if (transfer[i] === this) throw cannotClone("The MessagePort that the message is sent by, being in the transfer list,");
    }
    const { value, moved } = cloneForTransfer(message, transfer);
    const ports = [];
    for (let i = 0; i < moved.length; i++) {
      if (isPort(moved[i])) ports[ports.length] = moved[i];
    }
    // An end that was sent through its own channel has nobody left to read there.
    if (peer !== null && !peer.#isDetached) peer.#take({ value, ports });
  }

  start() {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const early = this.#early;
    this.#early = [];
    for (let i = 0; i < early.length; i++) this.#schedule(early[i]);
  }

  close() {
    const peer = this.#peer;
    this.#isDetached = true;
    if (peer === null) return;
    this.#peer = null;
    peer.#peer = null;
    peer.#schedule(CLOSED);
  }

  #take(message) {
    if (this.#isStarted) this.#schedule(message);
    else this.#early[this.#early.length] = message;
  }

  #schedule(message) {
    const eventId = native.currentEvent();
    let batch = this.#batch;
    if (batch === null || batch.eventId !== eventId || batch.next === batch.messages.length) {
      batch = { eventId, messages: [], next: 0 };
      // Position matters: it may throw, and then there is nothing that waits for it.
      soon(eventId, () => this.#deliver(batch));
      this.#batch = batch;
    }
    batch.messages[batch.messages.length] = message;
  }

  // One message a turn, as each is a task of its own to HTML.
  #deliver(batch) {
    const message = batch.messages[batch.next];
    batch.messages[batch.next++] = undefined;
    if (batch.next < batch.messages.length) soon(batch.eventId, () => this.#deliver(batch));
    else if (this.#batch === batch) this.#batch = null;
    if (message === CLOSED) dispatchTrusted(this, new Event("close"));
    else if (!this.#isDetached) dispatchTrusted(this, new MessageEvent("message", { data: message.value, ports: message.ports }));
  }

  #giveAway() {
    const successor = new MessagePort(MADE_HERE);
    const peer = this.#peer;
    const batch = this.#batch;
    successor.#early = this.#early;
    for (let i = batch === null ? 0 : batch.next; batch !== null && i < batch.messages.length; i++) {
      if (batch.messages[i] !== CLOSED) successor.#early[successor.#early.length] = batch.messages[i];
    }
    this.#early = [];
    this.#peer = null;
    this.#isDetached = true;
    if (peer !== null) entangle(successor, peer);
    return successor;
  }

  static {
    isPort = (value) => isObject(value) && #isDetached in value;
    isDetached = (port) => port.#isDetached;
    detach = (port) => port.#giveAway();
    entangle = (one, other) => {
      one.#peer = other;
      other.#peer = one;
    };
  }
}
defineInterface(MessagePort, "MessagePort");
defineEventHandler(MessagePort, "message");
defineEventHandler(MessagePort, "messageerror");
defineEventHandler(MessagePort, "close");
startWithHandler();

// To set `onmessage` is to listen; who adds a listener calls start().
function startWithHandler() {
  const { prototype } = MessagePort;
  const { start } = prototype;
  const { get, set } = getOwnPropertyDescriptor(prototype, "onmessage");
  const accessors = {
    set onmessage(value) {
      apply(set, this, [value]);
      apply(start, this, []);
    },
  };
  const starting = getOwnPropertyDescriptor(accessors, "onmessage").set;
  defineProperty(prototype, "onmessage", { __proto__: null, get, set: starting, enumerable: true, configurable: true });
}

export class MessageChannel {
  #port1 = new MessagePort(MADE_HERE);
  #port2 = new MessagePort(MADE_HERE);

  constructor() {
    entangle(this.#port1, this.#port2);
  }

  get port1() {
    return this.#port1;
  }

  get port2() {
    return this.#port2;
  }
}
defineInterface(MessageChannel, "MessageChannel");

// In a turn of its own, for what belongs to an event. Code outside of events has no turns to come.
function soon(eventId, task) {
  if (eventId === 0) then(settled, task);
  else native.timerStart(task, undefined, false);
}

function transferOf(value) {
  if (value === undefined || value === null) return [];
  const what = "MessagePort.postMessage: the transfer list";
  const isList = isObject(value) && value[iterator] !== undefined && value[iterator] !== null;
  const list = isList ? value : dictionary(value, "MessagePort.postMessage: the options").transfer;
  if (list === undefined) return [];
  return sequence(list, (item) => (isObject(item) ? item : notObject(what)), what);
}

function notObject(what) {
  throw new TypeError(`${what} holds something that is not an object.`);
}

setIsMessagePort(isPort);
registerTransferable(isPort, (port) => !isDetached(port), detach);
