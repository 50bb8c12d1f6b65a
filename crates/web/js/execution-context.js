// What handlers get besides the event itself: the ExecutionContext of any event, the ScheduledController of a cron event.
import { defineInterface, illegalConstructor, requireArguments } from "./webidl.js";
import { load } from "./lazy.js";
import { native } from "./native.js";

// The constructors' first argument when the platform itself makes an object: tenants never see it.
const MADE_HERE = { __proto__: null };

export const createExecutionContext = (eventId, props) => new ExecutionContext(MADE_HERE, eventId, props);
export const createScheduledController = (cron, scheduledTime) => new ScheduledController(MADE_HERE, cron, scheduledTime);

// Why passing through does nothing: there is no origin behind a worker here that could answer in its place.
export class ExecutionContext {
  #eventId;
  #props;

  constructor(token, eventId, props) {
    if (token !== MADE_HERE) illegalConstructor();
    this.#eventId = eventId;
    this.#props = props;
  }

  waitUntil(promise) {
    const eventId = ExecutionContext.#eventOf(this, "waitUntil(promise)");
    requireArguments(arguments.length, 1, "ExecutionContext.waitUntil");
    extend(eventId, promise);
  }

  passThroughOnException() {
    ExecutionContext.#eventOf(this, "passThroughOnException()");
  }

  /** Ends the event as one that has failed. */
  abort(reason = undefined) {
    native.fail(ExecutionContext.#eventOf(this, "abort(reason)"), reason === undefined ? new Error("The event was aborted by ctx.abort().") : reason);
  }

  get props() {
    return (this.#props ??= {});
  }

  get exports() {
    this.#eventId;
    return load("lazy/exports.js").currentExports();
  }

  /** What Cloudflare Access knows of a visitor. Nobody stands in front of a node of Mote. */
  get access() {
    this.#eventId;
  }

  /** Of workers whose answers Cloudflare keeps in front of them, which is not done here. */
  get cache() {
    this.#eventId;
  }

  get tracing() {
    this.#eventId;
    return load("lazy/tracing.js").tracing;
  }

  // Taking a method out of the context is a mistake that is made often: it is worth a sentence that says what to do.
  static #eventOf(context, call) {
    if (typeof context === "object" && context !== null && #eventId in context) return context.#eventId;
    throw new TypeError(`Illegal invocation: the method was taken out of its ExecutionContext. Call it as ctx.${call}.`);
  }
}
defineInterface(ExecutionContext, "ExecutionContext");

/** Keeps an event's context alive until a promise settles. A rejection is reported; the event has its answer already. */
export function extend(eventId, promise) {
  native.waitUntilBegin(eventId);
  finishExtension(eventId, promise);
}

/** `waitUntil` of the module `cloudflare:workers`: of the event whose code is running. */
export function extendCurrent(promise) {
  requireArguments(arguments.length, 1, "waitUntil");
  const eventId = native.currentEvent();
  if (eventId === 0) throw new Error("waitUntil can only be called while an event is handled.");
  extend(eventId, promise);
}

async function finishExtension(eventId, promise) {
  try {
    await promise;
  } catch (error) {
    native.reportException(error);
  }
  native.waitUntilEnd(eventId);
}

export class ScheduledController {
  #cron;
  #scheduledTime;

  constructor(token, cron, scheduledTime) {
    if (token !== MADE_HERE) illegalConstructor();
    this.#cron = cron;
    this.#scheduledTime = scheduledTime;
  }

  get cron() {
    return this.#cron;
  }

  get scheduledTime() {
    return this.#scheduledTime;
  }

  // Why it does nothing: a cron event that failed is not run again anyway.
  noRetry() {
    this.#cron;
  }
}
defineInterface(ScheduledController, "ScheduledController");
