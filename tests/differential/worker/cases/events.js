import { outcomes } from "../outcome.js";

export default {
  "order and this": () => {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("x", function (event) { log.push(["first", this === target, event.type]); });
    target.addEventListener("x", { handleEvent(event) { log.push(["second", event.target === target, event.currentTarget === target]); } });
    log.push(target.dispatchEvent(new Event("x")));
    return log;
  },
  "the same listener once": () => {
    const target = new EventTarget();
    let count = 0;
    const listener = () => count++;
    target.addEventListener("x", listener);
    target.addEventListener("x", listener);
    target.dispatchEvent(new Event("x"));
    return count;
  },
  "once": () => {
    const target = new EventTarget();
    let count = 0;
    target.addEventListener("x", () => count++, { once: true });
    target.dispatchEvent(new Event("x"));
    target.dispatchEvent(new Event("x"));
    return count;
  },
  "signal": () => {
    const target = new EventTarget();
    const controller = new AbortController();
    let count = 0;
    target.addEventListener("x", () => count++, { signal: controller.signal });
    target.dispatchEvent(new Event("x"));
    controller.abort();
    target.dispatchEvent(new Event("x"));
    return count;
  },
  "preventDefault": () => {
    const target = new EventTarget();
    target.addEventListener("x", (event) => event.preventDefault());
    const event = new Event("x", { cancelable: true });
    return [target.dispatchEvent(event), event.defaultPrevented, target.dispatchEvent(new Event("x"))];
  },
  "passive": () => {
    const target = new EventTarget();
    target.addEventListener("x", (event) => event.preventDefault(), { passive: true });
    return target.dispatchEvent(new Event("x", { cancelable: true }));
  },
  "stopImmediatePropagation": () => {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("x", (event) => { log.push(1); event.stopImmediatePropagation(); });
    target.addEventListener("x", () => log.push(2));
    target.dispatchEvent(new Event("x"));
    return log;
  },
  "removing while dispatching": () => {
    const target = new EventTarget();
    const log = [];
    const second = () => log.push(2);
    target.addEventListener("x", () => { log.push(1); target.removeEventListener("x", second); });
    target.addEventListener("x", second);
    target.dispatchEvent(new Event("x"));
    return log;
  },
  "adding while dispatching": () => {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("x", () => { log.push(1); target.addEventListener("x", () => log.push(2)); });
    target.dispatchEvent(new Event("x"));
    return log;
  },
  "a listener that throws": () => {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("x", () => { throw new RangeError("mine"); });
    target.addEventListener("x", () => log.push("went on"));
    target.dispatchEvent(new Event("x"));
    return log;
  },
  "event's fields": () => {
    const event = new Event("x", { bubbles: true, cancelable: true, composed: true });
    const { type, bubbles, cancelable, composed, eventPhase, isTrusted, defaultPrevented, returnValue, cancelBubble } = event;
    return { type, bubbles, cancelable, composed, eventPhase, isTrusted, defaultPrevented, returnValue, cancelBubble, target: event.target, path: event.composedPath() };
  },
  "constants": () => [Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE],
  "phase while dispatching": () => {
    const target = new EventTarget();
    let phase;
    let path;
    target.addEventListener("x", (event) => { phase = event.eventPhase; path = event.composedPath().length; });
    target.dispatchEvent(new Event("x"));
    return [phase, path];
  },
  "dispatching something else": () => outcomes(() => new EventTarget().dispatchEvent({}), () => new EventTarget().dispatchEvent(null)),
  "dispatching again inside": () => {
    const target = new EventTarget();
    let result;
    target.addEventListener("x", (event) => {
      try {
        target.dispatchEvent(event);
      } catch (error) {
        result = error;
      }
    }, { once: true });
    target.dispatchEvent(new Event("x"));
    return result;
  },
  "listeners that are none": () => outcomes(() => new EventTarget().addEventListener("x", null), () => new EventTarget().addEventListener("x", 1), () => new EventTarget().addEventListener("x")),
  "CustomEvent": () => {
    const { type, detail } = new CustomEvent("x", { detail: { a: 1 } });
    return { type, detail, without: new CustomEvent("y").detail };
  },
  "MessageEvent": () => {
    const { data, origin, lastEventId } = new MessageEvent("message", { data: [1] });
    return { data, origin, lastEventId };
  },
  "ErrorEvent": () => {
    const { message, filename, lineno, colno, error } = new ErrorEvent("error", { message: "m", error: 5 });
    return { message, filename, lineno, colno, error };
  },
  "CloseEvent": () => {
    const { code, reason, wasClean } = new CloseEvent("close", { code: 1000, reason: "r", wasClean: true });
    return { code, reason, wasClean };
  },
  "no type": () => outcomes(() => new Event(), () => Event("x")),
  "subclass": () => {
    class Mine extends EventTarget {}
    const mine = new Mine();
    let seen = false;
    mine.addEventListener("x", () => { seen = true; });
    mine.dispatchEvent(new (class extends Event {})("x"));
    return seen;
  },
  "globalThis is a target": () => {
    let seen = 0;
    const listener = () => seen++;
    addEventListener("mine", listener);
    dispatchEvent(new Event("mine"));
    removeEventListener("mine", listener);
    dispatchEvent(new Event("mine"));
    return seen;
  },
};
