// The events of the service-worker format, see https://w3c.github.io/ServiceWorker/#extendableevent-interface.
import { defineInterface, illegalConstructor, requireArguments } from "./webidl.js";
import { DOMException } from "./dom-exception.js";
import { Event } from "./event-target.js";
import { extend } from "./execution-context.js";
import { isRequest } from "./request.js";

// The constructors' first argument when the platform itself makes an object: tenants never see it.
const MADE_HERE = { __proto__: null };

export const createFetchEvent = (eventId, request) => new FetchEvent(MADE_HERE, undefined, eventId, request);
export const createScheduledEvent = (eventId, cron, scheduledTime) => new ScheduledEvent(MADE_HERE, eventId, cron, scheduledTime);

let eventIdOf;

export class ExtendableEvent extends Event {
  #eventId;

  constructor(type, init = undefined, eventId = 0) {
    if (type === MADE_HERE) {
      super(init);
    } else {
      requireArguments(arguments.length, 1, "ExtendableEvent constructor");
      super(type, init);
    }
    this.#eventId = type === MADE_HERE ? eventId : 0;
  }

  waitUntil(promise) {
    const eventId = this.#eventId;
    requireArguments(arguments.length, 1, "ExtendableEvent.waitUntil");
    if (eventId === 0) throw new DOMException("ExtendableEvent.waitUntil: a program made this event, so nothing waits for it.", "InvalidStateError");
    extend(eventId, promise);
  }

  static {
    eventIdOf = (event) => event.#eventId;
  }
}
defineInterface(ExtendableEvent, "ExtendableEvent");

/** What a listener has given to respondWith(), or NO_RESPONSE. */
export let responseOfEvent;
export const NO_RESPONSE = { __proto__: null };

export class FetchEvent extends ExtendableEvent {
  #request;
  #response = NO_RESPONSE;

  constructor(type, init = undefined, eventId = 0, request = null) {
    if (type === MADE_HERE) {
      super(MADE_HERE, "fetch", eventId);
      this.#request = request;
      return;
    }
    requireArguments(arguments.length, 2, "FetchEvent constructor");
    super(type, init);
    const given = init?.request;
    if (!isRequest(given)) throw new TypeError("FetchEvent constructor: the member 'request' must be a Request.");
    this.#request = given;
  }

  get request() {
    return this.#request;
  }

  respondWith(response) {
    if (this.#response !== NO_RESPONSE) {
      throw new DOMException("FetchEvent.respondWith: it was already called for this event.", "InvalidStateError");
    }
    requireArguments(arguments.length, 1, "FetchEvent.respondWith");
    if (this.eventPhase === 0) {
      throw new DOMException("FetchEvent.respondWith: it must be called before the listener returns.", "InvalidStateError");
    }
    this.#response = response;
    this.stopImmediatePropagation();
  }

  passThroughOnException() {
    eventIdOf(this);
  }

  static {
    responseOfEvent = (event) => event.#response;
  }
}
defineInterface(FetchEvent, "FetchEvent");

export class ScheduledEvent extends ExtendableEvent {
  #cron;
  #scheduledTime;

  constructor(token = undefined, eventId, cron, scheduledTime) {
    if (token !== MADE_HERE) illegalConstructor();
    super(MADE_HERE, "scheduled", eventId);
    this.#cron = cron;
    this.#scheduledTime = scheduledTime;
  }

  get cron() {
    return this.#cron;
  }

  get scheduledTime() {
    return this.#scheduledTime;
  }

  noRetry() {
    this.#cron;
  }
}
defineInterface(ScheduledEvent, "ScheduledEvent");
