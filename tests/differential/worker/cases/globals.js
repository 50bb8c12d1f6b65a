import { outcome } from "../outcome.js";

// What a class and its instances offer, wherever in the chain it is defined.
const shape = (Class) => {
  const names = new Set();
  for (let object = Class.prototype; object && object !== Object.prototype; object = Object.getPrototypeOf(object)) {
    for (const name of Object.getOwnPropertyNames(object)) names.add(name);
  }
  const boring = ["length", "name", "prototype", "constructor", "arguments", "caller"];
  const kept = (all) => [...all].filter((name) => !boring.includes(name)).sort();
  return { static: kept(Object.getOwnPropertyNames(Class)), members: kept(names) };
};

const CLASSES = [
  "AbortController", "AbortSignal", "Blob", "ByteLengthQueuingStrategy", "CloseEvent", "CompressionStream", "CountQueuingStrategy",
  "Crypto", "CryptoKey", "CustomEvent", "DOMException", "DecompressionStream", "ErrorEvent", "Event", "EventTarget", "File",
  "FixedLengthStream", "FormData", "Headers", "IdentityTransformStream", "MessageEvent", "ReadableByteStreamController", "ReadableStream",
  "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest", "ReadableStreamDefaultController", "ReadableStreamDefaultReader", "Request",
  "Response", "SubtleCrypto", "TextDecoder", "TextDecoderStream", "TextEncoder", "TextEncoderStream", "TransformStream",
  "TransformStreamDefaultController", "URL", "URLSearchParams", "WebSocket", "WritableStream", "WritableStreamDefaultController",
  "WritableStreamDefaultWriter", "Cache", "CacheStorage", "EventSource", "ExtendableEvent", "FetchEvent", "HTMLRewriter", "MessageChannel", "MessagePort",
  "Navigator", "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver", "PerformanceObserverEntryList",
  "PerformanceResourceTiming", "PromiseRejectionEvent", "ScheduledEvent", "URLPattern", "WebSocketRequestResponsePair",
];

// What a worker may look for, beside the classes above and the language's own.
const NAMES = [
  "Cloudflare", "EventSource", "ExtendableEvent", "FetchEvent", "HTMLRewriter", "MessageChannel", "MessagePort", "Navigator",
  "Performance", "PromiseRejectionEvent", "ReadableStreamDefaultReader", "ScheduledEvent", "Scheduler", "ServiceWorkerGlobalScope",
  "URLPattern", "WebAssembly", "WebSocketPair", "WebSocketRequestResponsePair", "WorkerGlobalScope", "WritableStreamDefaultWriter",
  "addEventListener", "atob", "btoa", "caches", "clearInterval", "clearTimeout", "console", "crypto", "dispatchEvent", "fetch",
  "navigator", "origin", "performance", "queueMicrotask", "removeEventListener", "reportError", "scheduler", "self", "setInterval",
  "setTimeout", "structuredClone",
];

const presence = Object.fromEntries(NAMES.map((name) => [`type of ${name}`, () => typeof globalThis[name]]));

const shapes = Object.fromEntries(CLASSES.map((name) => [`shape of ${name}`, () => shape(globalThis[name])]));

export default {
  ...presence,
  ...shapes,
  "self": () => [globalThis.self === globalThis, typeof window, typeof global, typeof process, typeof Buffer, typeof require],
  "navigator": () => [typeof navigator, navigator.userAgent === "Cloudflare-Workers", typeof navigator.sendBeacon],
  "globalThis's class": () => [Object.prototype.toString.call(globalThis), globalThis.constructor?.name],
  "assigning a global": () => {
    globalThis.mine = 1;
    const seen = mine;
    delete globalThis.mine;
    return seen;
  },
  "a class that is replaced": () => {
    const { Headers: own } = globalThis;
    globalThis.Headers = 1;
    const seen = globalThis.Headers;
    globalThis.Headers = own;
    return [seen, Object.getOwnPropertyDescriptor(globalThis, "Headers").enumerable];
  },
  "methods are enumerable": () => [
    Object.getOwnPropertyDescriptor(URL.prototype, "href"),
    Object.getOwnPropertyDescriptor(Response.prototype, "clone"),
    Object.getOwnPropertyDescriptor(Headers.prototype, "get"),
  ].map(({ enumerable, configurable }) => ({ enumerable, configurable })),
  "crypto": () => [Object.prototype.toString.call(crypto), Object.prototype.toString.call(crypto.subtle), crypto.randomUUID().length],
  "Intl and locale": () => [Intl.DateTimeFormat().resolvedOptions().timeZone, new Intl.NumberFormat("de").format(1234.5), (1234.5).toLocaleString(), new Date(0).toLocaleDateString("en-GB")],
  "time zone": () => [new Date(0).getTimezoneOffset(), String(new Date(0))],
  "performance": () => [typeof performance.now(), typeof performance.mark, typeof performance.measure],
  "WeakRef and FinalizationRegistry": () => [typeof WeakRef, typeof FinalizationRegistry],
  "Atomics.wait": () => outcome(() => typeof Atomics?.wait),
  "new language": () => [
    [3, 1].toSorted(), Object.groupBy([1, 2], (n) => (n % 2 ? "odd" : "even")), typeof Iterator.from, new Set([1]).union(new Set([2])),
    typeof Array.fromAsync, typeof Promise.try, typeof Uint8Array.fromBase64, RegExp.escape?.("a.b"), typeof Math.f16round, typeof Temporal,
  ],
  "gc and V8 natives": () => [typeof gc, typeof d8, typeof version],
  "console": () => Object.keys(console).sort(),
};
