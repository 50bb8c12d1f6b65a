// The globals that are there or not, or are others, by the worker's compatibility flags. Done once in an isolate, before any
// of the worker's code runs; an isolate that starts from a kept heap has it done already.
import { isOn } from "./compatibility.js";
import { IdentityTransformStream } from "./streams/index.js";
import { defineInterface } from "./webidl.js";

const { defineProperty } = Object;

/** Does what the flags say. */
export function applyFlags() {
  if (!isOn("global_navigator")) delete globalThis.navigator;
  if (!isOn("transformstream_enable_standard_constructor")) define("TransformStream", identityAlone());
}

function define(name, value) {
  defineProperty(globalThis, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}

// Before TransformStream took a transformer it was what IdentityTransformStream is now, whatever it was given.
function identityAlone() {
  class TransformStream extends IdentityTransformStream {
    constructor() {
      super();
    }
  }
  defineInterface(TransformStream);
  return TransformStream;
}
