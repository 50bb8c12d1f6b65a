// What is loaded when it is first used (see lazy.js): the global interfaces and the modules for import, by the modules in lazy/ and
// node/ that have them, and the other modules that those may import.
import * as abort from "./abort.js";
import * as base64 from "./base64.js";
import * as blob from "./blob.js";
import * as body from "./body.js";
import * as compatibility from "./compatibility.js";
import * as console from "./console.js";
import * as domException from "./dom-exception.js";
import * as encoding from "./encoding.js";
import * as errorStack from "./error-stack.js";
import * as eventTarget from "./event-target.js";
import * as executionContext from "./execution-context.js";
import * as fetchTokens from "./fetch-tokens.js";
import * as fetch from "./fetch.js";
import * as headerList from "./header-list.js";
import * as headers from "./headers.js";
import * as kinds from "./kinds.js";
import * as mime from "./mime.js";
import * as native from "./native.js";
import * as platformValues from "./platform-values.js";
import * as primordials from "./primordials.js";
import * as registered from "./registered.js";
import * as request from "./request.js";
import * as response from "./response.js";
import * as timers from "./timers.js";
import * as urlEncoded from "./url-encoded.js";
import * as webidl from "./webidl.js";
import * as worker from "./worker.js";
import * as lazy from "./lazy.js";
import * as nodeModules from "./node-modules.js";

// Global interfaces, by the module that exports them.
const interfaces = {
  __proto__: null,
  ByteLengthQueuingStrategy: "lazy/streams/index.js",
  Cache: "lazy/cache.js",
  CacheStorage: "lazy/cache.js",
  CloseEvent: "lazy/event-kinds.js",
  CompressionStream: "lazy/compression.js",
  CountQueuingStrategy: "lazy/streams/index.js",
  CryptoKey: "lazy/crypto/key.js",
  CustomEvent: "lazy/event-kinds.js",
  DecompressionStream: "lazy/compression.js",
  ErrorEvent: "lazy/event-kinds.js",
  EventSource: "lazy/event-source.js",
  Fetcher: "lazy/bindings/fetcher.js",
  FixedLengthStream: "lazy/streams/index.js",
  FormData: "lazy/form-data.js",
  HTMLRewriter: "lazy/html-rewriter.js",
  IdentityTransformStream: "lazy/streams/index.js",
  KVNamespace: "lazy/bindings/kv.js",
  MessageChannel: "lazy/message-port.js",
  MessageEvent: "lazy/event-kinds.js",
  MessagePort: "lazy/message-port.js",
  Performance: "lazy/performance.js",
  PerformanceEntry: "lazy/performance-entry.js",
  PerformanceMark: "lazy/performance.js",
  PerformanceMeasure: "lazy/performance.js",
  PerformanceObserver: "lazy/performance-observer.js",
  PerformanceObserverEntryList: "lazy/performance-observer.js",
  PerformanceResourceTiming: "lazy/performance-more.js",
  ProgressEvent: "lazy/event-kinds.js",
  PromiseRejectionEvent: "lazy/event-kinds.js",
  ReadableByteStreamController: "lazy/streams/index.js",
  ReadableStream: "lazy/streams/index.js",
  ReadableStreamBYOBReader: "lazy/streams/index.js",
  ReadableStreamBYOBRequest: "lazy/streams/index.js",
  ReadableStreamDefaultController: "lazy/streams/index.js",
  ReadableStreamDefaultReader: "lazy/streams/index.js",
  SubtleCrypto: "lazy/crypto/subtle.js",
  TextDecoderStream: "lazy/text-streams.js",
  TextEncoderStream: "lazy/text-streams.js",
  TransformStream: "lazy/streams/index.js",
  TransformStreamDefaultController: "lazy/streams/index.js",
  URLPattern: "lazy/url-pattern.js",
  WebSocket: "lazy/websocket.js",
  WebSocketPair: "lazy/websocket-pair.js",
  WebSocketRequestResponsePair: "lazy/websocket-pair.js",
  WritableStream: "lazy/streams/index.js",
  WritableStreamDefaultController: "lazy/streams/index.js",
  WritableStreamDefaultWriter: "lazy/streams/index.js",
};

// What a worker can import by this name, by the module whose exports it gets.
const builtins = {
  __proto__: null,
  "cloudflare:node": "node/cloudflare.js",
  "cloudflare:sockets": "lazy/sockets.js",
};

// Words that show that a worker will use a module, beside the names of interfaces.
const words = {
  __proto__: null,
  ".body": "lazy/streams/index.js",
  "caches.": "lazy/cache.js",
  "console.": "lazy/console.js",
  "formData(": "lazy/form-data.js",
  "performance.": "lazy/performance.js",
  ".subtle": "lazy/crypto/subtle.js",
  structuredClone: "lazy/structured-clone.js",
};

// What is in the snapshot.
const present = {
  __proto__: null,
  "abort.js": abort,
  "base64.js": base64,
  "blob.js": blob,
  "body.js": body,
  "compatibility.js": compatibility,
  "console.js": console,
  "dom-exception.js": domException,
  "encoding.js": encoding,
  "error-stack.js": errorStack,
  "event-target.js": eventTarget,
  "execution-context.js": executionContext,
  "fetch-tokens.js": fetchTokens,
  "fetch.js": fetch,
  "header-list.js": headerList,
  "headers.js": headers,
  "kinds.js": kinds,
  "lazy.js": lazy,
  "mime.js": mime,
  "native.js": native,
  "node-modules.js": nodeModules,
  "platform-values.js": platformValues,
  "primordials.js": primordials,
  "registered.js": registered,
  "request.js": request,
  "response.js": response,
  "timers.js": timers,
  "url-encoded.js": urlEncoded,
  "webidl.js": webidl,
  "worker.js": worker,
};

lazy.fill({ interfaces, builtins, words, present });
