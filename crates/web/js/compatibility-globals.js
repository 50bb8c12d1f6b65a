// The globals that are there or not, or are others, by the worker's compatibility flags. Done once in an isolate, before any
// of the worker's code runs; an isolate that starts from a kept heap has it done already.
import { isOn } from "./compatibility.js";
import { load } from "./lazy.js";

const { defineProperty } = Object;

/** Does what the flags say. */
export function applyFlags() {
  if (!isOn("global_navigator")) delete globalThis.navigator;
  if (!isOn("expose_global_message_channel")) {
    delete globalThis.MessageChannel;
    delete globalThis.MessagePort;
  }
  if (!isOn("transformstream_enable_standard_constructor")) define("TransformStream", load("lazy/transform-stream-before.js").TransformStream);
}

function define(name, value) {
  defineProperty(globalThis, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}
