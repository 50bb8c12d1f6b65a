// The modules of Node: `node:stream/web` is node/stream/web.js.
const FILES =
  "assert assert/strict async_hooks buffer console crypto diagnostics_channel dns dns/promises events fs fs/promises http https module net os path path/posix path/win32 perf_hooks process " +
  "punycode querystring stream stream/consumers stream/promises stream/web string_decoder test timers timers/promises tls url util util/types zlib";
// Those of which there is but a list of names (node/internal/stubs.js).
const STUBS =
  "child_process cluster constants dgram domain http2 inspector inspector/promises readline " +
  "readline/promises repl sqlite trace_events tty v8 vm wasi worker_threads";

// Parts of others under names of their own (node/internal/old-names.js).
const PARTS =
  "_http_agent _http_client _http_common _http_incoming _http_outgoing _http_server _stream_duplex _stream_passthrough _stream_readable _stream_transform " +
  "_stream_wrap _stream_writable _tls_common _tls_wrap";

const split = Function.prototype.call.bind(String.prototype.split);
const has = (list, name) => {
  const names = split(list, " ");
  for (let i = 0; i < names.length; i++) {
    if (names[i] === name) return true;
  }
  return false;
};
const slice = Function.prototype.call.bind(String.prototype.slice);

/** Their names, without `node:`. */
export const nodeModuleNames = () => [...split(FILES, " "), ...split(STUBS, " "), ...split(PARTS, " "), "sys"];

/** The exports of a module of Node, found by `load`; undefined if the specifier names none. */
export function nodeModule(specifier, load) {
  if (slice(specifier, 0, 5) !== "node:") return undefined;
  const name = slice(specifier, 5);
  if (has(FILES, name)) return load(`node/${name}.js`);
  if (name === "sys") return load("node/util.js");
  if (has(PARTS, name)) return load("node/internal/old-names.js").partOf(name, load);
  return has(STUBS, name) ? load("node/internal/stubs.js").stub(name) : undefined;
}
