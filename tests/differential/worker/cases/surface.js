// Names: what can be imported, and what the imported things have. A case each, so that a difference names the module. Classes of the
// Web are in globals.js.
const MODULES = [
  "_http_agent", "_http_client", "_http_common", "_http_incoming", "_http_outgoing", "_http_server", "_stream_duplex", "_stream_passthrough",
  "_stream_readable", "_stream_transform", "_stream_wrap", "_stream_writable", "_tls_common", "_tls_wrap", "assert", "assert/strict", "async_hooks",
  "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram", "diagnostics_channel", "dns", "dns/promises", "domain", "events", "fs",
  "fs/promises", "http", "http2", "https", "inspector", "inspector/promises", "module", "net", "os", "path", "path/posix", "path/win32", "perf_hooks",
  "process", "punycode", "querystring", "readline", "readline/promises", "repl", "sqlite", "stream", "stream/consumers", "stream/promises", "stream/web",
  "string_decoder", "sys", "test", "timers", "timers/promises", "tls", "trace_events", "tty", "url", "util", "util/types", "v8", "vm", "wasi",
  "worker_threads", "zlib",
];

// Of these, the classes too; the others are not carried out anywhere.
const WITH_CLASSES = [
  "assert", "async_hooks", "buffer", "crypto", "diagnostics_channel", "dns", "events", "fs", "http", "net", "perf_hooks", "stream", "string_decoder", "timers",
  "url", "util", "zlib",
];

// What is nobody's to use.
const isInner = (name) => /^(_|k[A-Z])/.test(name) || ["arguments", "caller", "constructor", "length", "name", "prototype"].includes(name);

// The members of an object and of what it inherits from: whether each is a method or a value, however it is given.
function membersOf(object) {
  const members = {};
  for (let holder = object; holder && holder !== Object.prototype && holder !== Function.prototype; holder = Object.getPrototypeOf(holder)) {
    for (const name of Object.getOwnPropertyNames(holder)) if (!isInner(name)) members[name] ??= kindOf(holder, name);
  }
  return Object.fromEntries(Object.keys(members).sort().map((name) => [name, members[name]]));
}

function kindOf(holder, name) {
  const { value } = Object.getOwnPropertyDescriptor(holder, name);
  return typeof value === "function" ? "function" : "value";
}

async function exportsOf(name) {
  const { default: all, ...named } = await import(`node:${name}`);
  const typed = (object) => Object.fromEntries(Object.keys(object).filter((key) => !isInner(key)).sort().map((key) => [key, typeof object[key]]));
  return { default: typeof all, named: typed(named), members: typed(all ?? {}) };
}

async function classesOf(name) {
  const { default: all } = await import(`node:${name}`);
  const found = {};
  for (const key of Object.keys(all).sort()) {
    const value = all[key];
    if (typeof value === "function" && /^[A-Z]/.test(key)) found[key] = membersOf(value.prototype);
  }
  return found;
}

const cases = {};
for (const name of MODULES) cases[`exports of node:${name}`] = () => exportsOf(name);
for (const name of WITH_CLASSES) cases[`classes of node:${name}`] = () => classesOf(name);

const OBJECTS = { Cloudflare: () => Cloudflare, caches: () => caches, console: () => console, navigator: () => navigator, performance: () => performance, scheduler: () => scheduler, subtle: () => crypto.subtle };
for (const [name, object] of Object.entries(OBJECTS)) cases[`members of ${name}`] = () => membersOf(object());

// What the language itself has differs with the engine.
const OF_LANGUAGE = /^(((Aggregate|Eval|Range|Reference|Suppressed|Syntax|Type|URI)?Error)|(Big)?(Int|Uint|Float)\d+(Clamped)?Array|(Async)?(DisposableStack|Function|Iterator)|Array|ArrayBuffer|Atomics|BigInt|Boolean|DataView|Date|FinalizationRegistry|Infinity|Intl|JSON|Map|Math|NaN|Number|Object|Promise|Proxy|Reflect|RegExp|Set|SharedArrayBuffer|String|Symbol|Temporal|Weak(Map|Ref|Set)|WebAssembly|(de|en)codeURI(Component)?|escape|eval|globalThis|isFinite|isNaN|parseFloat|parseInt|undefined|unescape)$/;

// Those that are the global object's own, and those that it inherits.
function globalNames() {
  const names = new Set();
  for (let holder = globalThis; holder && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
    for (const name of Object.getOwnPropertyNames(holder)) if (name !== "constructor" && !OF_LANGUAGE.test(name)) names.add(name);
  }
  return [...names].sort();
}

export default {
  ...cases,
  "globals": () => Object.fromEntries(globalNames().map((name) => [name, typeof globalThis[name]])),
  "members of ctx": ({ ctx }) => membersOf(ctx),
  "members of a request": ({ request }) => membersOf(request),
  "members of a binding": ({ env }) => Object.keys(membersOf(env.SELF)),
};
