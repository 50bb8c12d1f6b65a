// Modules whose names begin with `_`: parts of others, which old packages still ask for.
const PARTS = {
  __proto__: null,
  _http_agent: ["http", "Agent globalAgent"],
  _http_client: ["http", "ClientRequest"],
  _http_common: ["http", "METHODS"],
  _http_incoming: ["http", "IncomingMessage"],
  _http_outgoing: ["http", "OutgoingMessage validateHeaderName validateHeaderValue"],
  _http_server: ["http", "STATUS_CODES Server ServerResponse _connectionListener"],
  _tls_common: ["tls", "SecureContext createSecureContext"],
  _tls_wrap: ["tls", "Server TLSSocket connect createServer"],
};
// Each of these is one class.
const CLASSES = {
  __proto__: null,
  _stream_duplex: "Duplex",
  _stream_passthrough: "PassThrough",
  _stream_readable: "Readable",
  _stream_transform: "Transform",
  _stream_wrap: "Duplex",
  _stream_writable: "Writable",
};
const made = { __proto__: null };

/** What such a module exports. `load` gives the module that it is a part of. */
export function partOf(name, load) {
  if (made[name] !== undefined) return made[name];
  if (CLASSES[name] !== undefined) return (made[name] = { default: load("node/stream.js")[CLASSES[name]] });
  const [module, names] = PARTS[name];
  const members = {};
  for (const each of names.split(" ")) members[each] = load(`node/${module}.js`)[each];
  return (made[name] = { ...members, default: members });
}
