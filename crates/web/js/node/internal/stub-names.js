// What the modules of Node that Mote does not carry out export: names, by module.
export const FUNCTIONS = {
  __proto__: null,
  child_process: "ChildProcess exec execFile execFileSync execSync fork spawn spawnSync",
  cluster: "Worker disconnect fork setupMaster setupPrimary",
  dgram: "Socket createSocket",
  dns:
    "Resolver getDefaultResultOrder getServers lookup lookupService resolve resolve4 resolve6 resolveAny resolveCaa " +
    "resolveCname resolveMx resolveNaptr resolveNs resolvePtr resolveSoa resolveSrv resolveTxt reverse setDefaultResultOrder " +
    "setServers",
  "dns/promises":
    "Resolver getDefaultResultOrder getServers lookup lookupService resolve resolve4 resolve6 resolveAny resolveCaa " +
    "resolveCname resolveMx resolveNaptr resolveNs resolvePtr resolveSoa resolveSrv resolveTxt reverse setDefaultResultOrder " +
    "setServers",
  domain: "Domain create createDomain",
  fs:
    "Dir Dirent FileReadStream FileWriteStream ReadStream Stats WriteStream access accessSync appendFile appendFileSync chmod " +
    "chmodSync chown chownSync close closeSync copyFile copyFileSync cp cpSync createReadStream createWriteStream exists " +
    "existsSync fchmod fchmodSync fchown fchownSync fdatasync fdatasyncSync fstat fstatSync fsync fsyncSync ftruncate " +
    "ftruncateSync futimes futimesSync lchown lchownSync link linkSync lstat lstatSync lutimes lutimesSync mkdir mkdirSync " +
    "mkdtemp mkdtempSync open openAsBlob openSync opendir opendirSync read readFile readFileSync readSync readdir readdirSync " +
    "readlink readlinkSync readv readvSync realpath realpathSync rename renameSync rm rmSync rmdir rmdirSync stat statSync " +
    "statfs statfsSync symlink symlinkSync truncate truncateSync unlink unlinkSync unwatchFile utimes utimesSync watch " +
    "watchFile write writeFile writeFileSync writeSync writev writevSync",
  "fs/promises":
    "access appendFile chmod chown copyFile cp lchmod lchown link lstat lutimes mkdir mkdtemp open opendir readFile readdir " +
    "readlink realpath rename rm rmdir stat statfs symlink truncate unlink utimes watch writeFile",
  http2:
    "Http2ServerRequest Http2ServerResponse connect createSecureServer createServer getDefaultSettings getPackedSettings " +
    "getUnpackedSettings performServerHandshake",
  inspector: "Session close open url waitForDebugger",
  "inspector/promises": "Session close open url waitForDebugger",
  net:
    "BlockList Server Socket SocketAddress Stream connect createConnection createServer getDefaultAutoSelectFamily " +
    "getDefaultAutoSelectFamilyAttemptTimeout isIP isIPv4 isIPv6 setDefaultAutoSelectFamily " +
    "setDefaultAutoSelectFamilyAttemptTimeout",
  readline: "Interface clearLine clearScreenDown createInterface cursorTo emitKeypressEvents moveCursor",
  "readline/promises": "Interface Readline createInterface",
  repl: "REPLServer Recoverable isValidSyntax start writer",
  tls:
    "SecureContext Server TLSSocket checkServerIdentity connect convertALPNProtocols createSecureContext createSecurePair " +
    "createServer getCiphers",
  trace_events: "createTracing getEnabledCategories",
  tty: "ReadStream WriteStream isatty",
  v8:
    "DefaultDeserializer DefaultSerializer Deserializer GCProfiler Serializer cachedDataVersionTag deserialize " +
    "getHeapCodeStatistics getHeapSnapshot getHeapSpaceStatistics getHeapStatistics queryObjects serialize setFlagsFromString " +
    "setHeapSnapshotNearHeapLimit stopCoverage takeCoverage writeHeapSnapshot",
  vm: "Script compileFunction createContext createScript isContext measureMemory runInContext runInNewContext runInThisContext",
  wasi: "WASI",
  worker_threads:
    "BroadcastChannel MessageChannel MessagePort Worker getEnvironmentData markAsUntransferable moveMessagePortToContext " +
    "postMessageToThread receiveMessageOnPort setEnvironmentData",
};
