// The door to events: what other modules need of them.
export {
  Event,
  EventTarget,
  defineEventHandler,
  dispatchTrusted,
  hasListeners,
  isEvent,
  isEventTarget,
  makeGlobalEventTarget,
  reportException,
  setReportException,
} from "./event-target.js";
