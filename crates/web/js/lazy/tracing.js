// `tracing` of `cloudflare:workers`: spans of the worker's own. The node makes one span of each event and keeps no others, so
// these are never traced, and say so; code that opens them runs as it would under a trace.
import { framed, valueOf, within } from "./async-frames.js";
import { defineInterface, illegalConstructor } from "../webidl.js";
import { native } from "../native.js";

const MADE_HERE = { __proto__: null };
const ACTIVE = {};
const NativePromise = Promise;
const then = Function.prototype.call.bind(Promise.prototype.then);

let isSpan;

export class Span {
  #isOver = false;

  constructor(token) {
    if (token !== MADE_HERE) illegalConstructor();
  }

  get isTraced() {
    this.#isOver;
    return false;
  }

  spanContext() {
    this.#isOver;
    return { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 };
  }

  setAttribute() {
    this.#isOver;
    return this;
  }

  setAttributes() {
    this.#isOver;
    return this;
  }

  setStatus() {
    this.#isOver;
    return this;
  }

  updateName() {
    this.#isOver;
    return this;
  }

  recordException() {
    this.#isOver;
  }

  end() {
    this.#isOver = true;
  }

  static {
    isSpan = (value) => typeof value === "object" && value !== null && #isOver in value;
  }
}
defineInterface(Span, "Span");

function startSpan(name) {
  `${name}`;
  return new Span(MADE_HERE);
}

function withActiveSpan(span, callback, ...args) {
  if (!isSpan(span)) throw new TypeError("tracing.withActiveSpan: the span is no Span.");
  return within(framed(native.asyncFrame(), ACTIVE, span), callback, undefined, args);
}

function startActiveSpan(name, callback, ...args) {
  const span = startSpan(name);
  return withActiveSpan(span, callback, span, ...args);
}

// The span ends when the callback, or the promise that it gives, is done.
function enterSpan(name, callback, ...args) {
  const span = startSpan(name);
  const result = withActiveSpan(span, callback, span, ...args);
  if (!(result instanceof NativePromise)) {
    span.end();
    return result;
  }
  const end = () => span.end();
  then(result, end, end);
  return result;
}

const getActiveSpan = () => valueOf(ACTIVE, undefined);

export const tracing = {};
for (const [name, value] of Object.entries({ Span, enterSpan, getActiveSpan, startActiveSpan, startSpan, withActiveSpan })) {
  Object.defineProperty(tracing, name, { value, writable: true, enumerable: false, configurable: true });
}
