import { outcome, outcomes } from "../outcome.js";

export default {
  "DOMException": () => {
    const { name, message, code } = new DOMException("m", "NotFoundError");
    return { name, message, code };
  },
  "DOMException's defaults": () => {
    const { name, message, code } = new DOMException();
    return { name, message, code };
  },
  "DOMException is an Error": () => [new DOMException() instanceof Error, Object.prototype.toString.call(new DOMException()), DOMException.ABORT_ERR],
  "DOMException as text": () => String(new DOMException("m", "DataCloneError")),
  "DOMException's stack": () => typeof new DOMException("m").stack,
  "thrown text": () => { throw "just text"; },
  "thrown nothing": () => { throw undefined; },
  "engine's own": () => outcomes(() => null.x, () => undefined(), () => nowhere, () => (1).toFixed(101), () => JSON.parse("{"), () => BigInt("x"), () => new Array(-1)),
  "eval": () => outcomes(() => eval("1 + 1"), () => new Function("return 1")(), () => (0, eval)("1")),
  "constructor of generators": () => outcomes(() => (async () => {}).constructor("return 1"), () => (function* () {}).constructor("yield 1")),
  "WebAssembly.compile": () => outcome(() => WebAssembly.compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))),
  "new WebAssembly.Module": () => outcome(() => new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))),
  "WebAssembly.validate": () => outcome(() => WebAssembly.validate(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))),
  "SharedArrayBuffer": () => typeof SharedArrayBuffer,
  "stack has the function's name": () => {
    function named() {
      return new Error("m").stack.includes("named");
    }
    return named();
  },
  "captureStackTrace": () => typeof Error.captureStackTrace,
  "prepareStackTrace is used": () => {
    Error.prepareStackTrace = (error, sites) => [error.message, Array.isArray(sites)];
    try {
      return new Error("m").stack;
    } finally {
      delete Error.prepareStackTrace;
    }
  },
  "AggregateError": () => Promise.any([Promise.reject(new RangeError("a"))]).catch((error) => [error.message, error.errors]),
  "reportError": () => outcome(() => typeof reportError),
  "stack overflow": () => {
    const deep = () => deep() + 1;
    return outcome(deep);
  },
  "strict by default": () => outcome(() => { Object.freeze([]).push(1); }),
};
