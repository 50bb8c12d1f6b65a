// What the modules of Node that Mote does not carry out export: names, by module.
export const FUNCTIONS = {
  __proto__: null,
  child_process: "ChildProcess _forkChild exec execFile execFileSync execSync fork spawn spawnSync",
  cluster: "Worker disconnect fork setupMaster setupPrimary",
  dgram: "Socket createSocket",
  domain: "Domain create createDomain",
  http2:
    "Http2ServerRequest Http2ServerResponse connect createSecureServer createServer getDefaultSettings getPackedSettings " +
    "getUnpackedSettings performServerHandshake",
  inspector: "Session close open url waitForDebugger",
  "inspector/promises": "Session close open url waitForDebugger",
  net:
    "Server Socket Stream connect createConnection createServer getDefaultAutoSelectFamily " +
    "getDefaultAutoSelectFamilyAttemptTimeout isIP isIPv4 isIPv6 setDefaultAutoSelectFamily " +
    "setDefaultAutoSelectFamilyAttemptTimeout",
  readline: "Interface clearLine clearScreenDown createInterface cursorTo emitKeypressEvents moveCursor",
  "readline/promises": "Interface Readline createInterface",
  repl: "REPLServer Recoverable isValidSyntax start writer",
  sqlite: "DatabaseSync StatementSync backup",
  tls:
    "SecureContext Server TLSSocket checkServerIdentity connect convertALPNProtocols createSecureContext createSecurePair " +
    "createServer getCiphers",
  trace_events: "createTracing getEnabledCategories",
  tty: "ReadStream WriteStream isatty",
  v8:
    "DefaultDeserializer DefaultSerializer Deserializer GCProfiler Serializer cachedDataVersionTag deserialize " +
    "getCppHeapStatistics getHeapCodeStatistics getHeapSnapshot getHeapSpaceStatistics getHeapStatistics isStringOneByteRepresentation queryObjects serialize setFlagsFromString " +
    "setHeapSnapshotNearHeapLimit stopCoverage takeCoverage writeHeapSnapshot",
  vm: "Script compileFunction createContext createScript isContext measureMemory runInContext runInNewContext runInThisContext",
  wasi: "WASI",
  worker_threads:
    "BroadcastChannel MessageChannel MessagePort Worker getEnvironmentData isMarkedAsUntransferable markAsUncloneable markAsUntransferable moveMessagePortToContext " +
    "postMessageToThread receiveMessageOnPort setEnvironmentData",
};
