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
    const eventId = this.#eventId;
    requireArguments(arguments.length, 1, "ExecutionContext.waitUntil");
    extend(eventId, promise);
  }

  passThroughOnException() {
    this.#eventId;
  }

  /** Ends the event as one that has failed. */
  abort(reason = undefined) {
    native.fail(this.#eventId, reason === undefined ? new Error("The event was aborted by ctx.abort().") : reason);
  }

  get props() {
    return (this.#props ??= {});
  }

  get exports() {
    this.#eventId;
    return load("lazy/exports.js").currentExports();
  }

  get tracing() {
    this.#eventId;
    return load("lazy/tracing.js").tracing;
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
