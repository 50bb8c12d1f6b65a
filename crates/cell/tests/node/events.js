import EventEmitter, { once, on, errorMonitor, getEventListeners, EventEmitter as Named, captureRejectionSymbol, EventEmitterAsyncResource, addAbortListener } from "node:events";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};
const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

export default {
  "listeners are called in order, with all arguments and the emitter"() {
    const emitter = new EventEmitter();
    const seen = [];
    emitter.on("x", function (...args) {
      seen.push(["on", this === emitter, args]);
    });
    emitter.prependListener("x", () => seen.push("first"));
    emitter.once("x", () => seen.push("once"));
    emitter.prependOnceListener("x", () => seen.push("first once"));
    return [emitter.emit("x", 1, 2), emitter.emit("x"), emitter.emit("y"), seen];
  },
  "listeners are removed, the last of them first"() {
    const emitter = new EventEmitter();
    const seen = [];
    const a = () => seen.push("a");
    const b = () => seen.push("b");
    emitter.on("x", a).on("x", b).on("x", a).once("x", b);
    emitter.off("x", a);
    emitter.removeListener("x", b);
    emitter.emit("x");
    return [seen, emitter.listenerCount("x"), emitter.listenerCount("x", a), emitter.listenerCount("x", b)];
  },
  "listeners that come or go while they are called do so the next time"() {
    const emitter = new EventEmitter();
    const seen = [];
    const late = () => seen.push("late");
    emitter.on("x", () => {
      seen.push("one");
      emitter.on("x", late);
      emitter.removeListener("x", two);
    });
    const two = () => seen.push("two");
    emitter.on("x", two);
    emitter.emit("x");
    emitter.emit("x");
    return seen;
  },
  "newListener and removeListener"() {
    const emitter = new EventEmitter();
    const seen = [];
    emitter.on("newListener", (name, listener) => seen.push(["new", String(name), listener.name, emitter.listenerCount(name)]));
    emitter.on("removeListener", (name, listener) => seen.push(["removed", name, listener.name]));
    function f() {}
    emitter.on("x", f);
    emitter.once("y", f);
    emitter.emit("y");
    emitter.off("x", f);
    emitter.on("z", f).on("z", f);
    emitter.removeAllListeners("z");
    emitter.removeAllListeners();
    return [seen, emitter.eventNames()];
  },
  "an error that nobody listens to is thrown": () => [attempt(() => new EventEmitter().emit("error", new TypeError("mine"))), attempt(() => new EventEmitter().emit("error", "text")), attempt(() => new EventEmitter().emit("error", { a: 1 })), attempt(() => new EventEmitter().emit("error"))],
  "the monitor sees errors first"() {
    const emitter = new EventEmitter();
    const seen = [];
    emitter.on(errorMonitor, (error) => seen.push(["monitor", error]));
    const thrown = attempt(() => emitter.emit("error", new Error("one")));
    emitter.on("error", (error) => seen.push(["handled", error]));
    emitter.emit("error", new Error("two"));
    return [seen, thrown];
  },
  "what is no function is no listener": () => [attempt(() => new EventEmitter().on("x", 5)), attempt(() => new EventEmitter().once("x", null)), attempt(() => new EventEmitter().off("x"))],
  "names, listeners and raw listeners"() {
    const emitter = new EventEmitter();
    const symbol = Symbol("s");
    const f = () => {};
    emitter.once("a", f).on(symbol, f);
    return [emitter.eventNames(), emitter.listeners("a")[0] === f, emitter.rawListeners("a")[0] === f, emitter.rawListeners("a")[0].listener === f, emitter.listeners("none"), getEventListeners(emitter, "a").length];
  },
  "max listeners": () => {
    const emitter = new EventEmitter();
    return [emitter.getMaxListeners(), emitter.setMaxListeners(3) === emitter, emitter.getMaxListeners(), attempt(() => emitter.setMaxListeners(-1)), attempt(() => emitter.setMaxListeners("x")), EventEmitter.defaultMaxListeners];
  },
  "classes inherit the old way and the new"() {
    function Old() {
      EventEmitter.call(this);
    }
    Object.setPrototypeOf(Old.prototype, EventEmitter.prototype);
    class New extends Named {}
    const seen = [];
    for (const one of [new Old(), new New()]) one.on("x", (value) => seen.push(value)).emit("x", one.constructor.name);
    const plain = Object.create(EventEmitter.prototype);
    plain.on("x", () => seen.push("plain"));
    plain.emit("x");
    return [seen, Named === EventEmitter, new New() instanceof EventEmitter];
  },
  async "once as a promise"() {
    const emitter = new EventEmitter();
    setTimeout(() => emitter.emit("x", 1, 2), 1);
    const values = await once(emitter, "x");
    setTimeout(() => emitter.emit("error", new Error("bad")), 1);
    const failed = await once(emitter, "x").catch((error) => error.message);
    const controller = new AbortController();
    const waiting = once(emitter, "x", { signal: controller.signal }).catch((error) => [error.name, error.code, error.message]);
    controller.abort();
    const target = new EventTarget();
    setTimeout(() => target.dispatchEvent(new Event("y")), 1);
    const [event] = await once(target, "y");
    return [values, failed, await waiting, event.type, emitter.eventNames()];
  },
  async "on as an iterator"() {
    const emitter = new EventEmitter();
    setTimeout(() => {
      emitter.emit("x", 1);
      emitter.emit("x", 2);
      emitter.emit("end");
    }, 1);
    const seen = [];
    for await (const value of on(emitter, "x", { close: ["end"] })) seen.push(value);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    try {
      for await (const value of on(emitter, "x", { signal: controller.signal })) seen.push(value);
    } catch (error) {
      seen.push(error.name);
    }
    return [seen, emitter.listenerCount("x")];
  },
  async "rejections are captured where it is asked for"() {
    const emitter = new EventEmitter({ captureRejections: true });
    const seen = [];
    emitter.on("x", async () => {
      throw new Error("late");
    });
    emitter.on("error", (error) => seen.push(error.message));
    emitter.emit("x");
    await tick();
    emitter[captureRejectionSymbol] = (error, name, ...args) => seen.push([error.message, name, args]);
    emitter.emit("x", 7);
    await tick();
    return seen;
  },
  "an emitter that is a resource": () => {
    const emitter = new EventEmitterAsyncResource({ name: "Q" });
    const seen = [];
    emitter.on("x", (value) => seen.push(value));
    emitter.emit("x", 5);
    return [seen, typeof emitter.asyncId];
  },
  "abort listeners"() {
    const controller = new AbortController();
    const seen = [];
    addAbortListener(controller.signal, () => seen.push("aborted"));
    const removed = addAbortListener(controller.signal, () => seen.push("removed"));
    removed[Symbol.dispose ?? "x"]?.();
    controller.abort();
    return seen.includes("aborted");
  },
};
