// The globals that are there or not, or are others, by the worker's compatibility flags. Done once in an isolate, before any
// of the worker's code runs; an isolate that starts from a kept heap has it done already.
import { isOn } from "./compatibility.js";
import { defineLazily, load } from "./lazy.js";

const { defineProperty } = Object;

/** Does what the flags say. */
export function applyFlags() {
  if (!isOn("global_navigator")) delete globalThis.navigator;
  if (!isOn("expose_global_message_channel")) {
    delete globalThis.MessageChannel;
    delete globalThis.MessagePort;
  }
  if (!isOn("transformstream_enable_standard_constructor")) define("TransformStream", load("lazy/transform-stream-before.js").TransformStream);
  if (isOn("nodejs_compat_v2")) defineThoseOfNode();
  if (isOn("enable_nodejs_global_timers")) defineTimersOfNode();
}

function defineThoseOfNode() {
  define("global", globalThis);
  defineLazily(globalThis, "Buffer", () => load("node/buffer.js").Buffer);
  defineLazily(globalThis, "process", () => load("node/process.js").default);
  defineLazily(globalThis, "setImmediate", () => load("node/timers.js").setImmediate);
  defineLazily(globalThis, "clearImmediate", () => load("node/timers.js").clearImmediate);
}

// Their timers are objects, and numbers where those are wanted.
function defineTimersOfNode() {
  const names = ["setTimeout", "setInterval", "clearTimeout", "clearInterval"];
  for (let i = 0; i < names.length; i++) defineLazily(globalThis, names[i], () => load("node/timers.js")[names[i]], true);
}

function define(name, value) {
  defineProperty(globalThis, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}
