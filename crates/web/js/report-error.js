// What nobody has caught (https://html.spec.whatwg.org/multipage/webappapis.html#report-the-exception): listeners for `error` on
// the global object hear of it first, and may say that it is dealt with.
import { dispatchTrusted, hasListeners } from "./event-target.js";
import { load } from "./lazy.js";
import { globalTarget } from "./worker.js";
import { native } from "./native.js";

let isReporting = false;

/** Reports an error as if nobody had caught it. */
export function report(error) {
  // A listener that throws is not told of that.
  if (isReporting || !hasListeners(globalTarget, "error")) return native.reportException(error);
  isReporting = true;
  try {
    const { ErrorEvent } = load("lazy/event-kinds.js");
    const event = new ErrorEvent("error", { message: messageOf(error), error, cancelable: true });
    if (dispatchTrusted(globalTarget, event)) native.reportException(error);
  } finally {
    isReporting = false;
  }
}

function messageOf(error) {
  try {
    return `Uncaught ${error}`;
  } catch {
    return "Uncaught exception";
  }
}
