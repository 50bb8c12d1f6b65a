// The modules of Node that Mote does not carry out. They can be imported, since libraries do so for what they may never
// need; whatever is called throws an error that says its name.
import { EventEmitter } from "../events.js";
import { notImplemented } from "./errors.js";
import { constants as system } from "../os.js";
import { FUNCTIONS } from "./stub-names.js";

const FILE_CONSTANTS = { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128, O_TRUNC: 512, O_APPEND: 1024, S_IFMT: 61440, S_IFREG: 32768, S_IFDIR: 16384, S_IFLNK: 40960 };
const DNS_ERRORS = Object.fromEntries(
  "NODATA FORMERR SERVFAIL NOTFOUND NOTIMP REFUSED BADQUERY BADNAME BADFAMILY BADRESP CONNREFUSED TIMEOUT EOF FILE NOMEM DESTRUCTION BADSTR BADFLAGS NONAME BADHINTS NOTINITIALIZED LOADIPHLPAPI ADDRGETNETWORKPARAMS CANCELLED"
    .split(" ")
    .map((name) => [name, `E${name}`]),
);

// What is no function, or simple enough to be answered.
const VALUES = {
  __proto__: null,
  constants: { ...system.errno, ...system.priority, ...system.signals, ...FILE_CONSTANTS },
  cluster: { isMaster: true, isPrimary: true, isWorker: false, workers: {}, settings: {} },
  dns: { ADDRCONFIG: 32, ALL: 16, V4MAPPED: 8, ...DNS_ERRORS },
  "dns/promises": DNS_ERRORS,
  fs: {
    F_OK: 0,
    R_OK: 4,
    W_OK: 2,
    X_OK: 1,
    constants: FILE_CONSTANTS,
    existsSync: () => false,
  },
  "fs/promises": { constants: FILE_CONSTANTS },
  http2: { constants: {}, sensitiveHeaders: Symbol("nodejs.http2.sensitiveHeaders") },
  tls: { CLIENT_RENEG_LIMIT: 3, CLIENT_RENEG_WINDOW: 600, rootCertificates: [], DEFAULT_MIN_VERSION: "TLSv1.2", DEFAULT_MAX_VERSION: "TLSv1.3", DEFAULT_CIPHERS: "", DEFAULT_ECDH_CURVE: "auto" },
  tty: { isatty: () => false },
  vm: { constants: {}, isContext: () => false },
  worker_threads: { isMainThread: true, parentPort: null, threadId: 0, workerData: null, resourceLimits: {}, SHARE_ENV: Symbol("nodejs.worker_threads.SHARE_ENV") },
};
const PROMISES = { __proto__: null, dns: "dns/promises", fs: "fs/promises", readline: "readline/promises" };
// Classes of theirs that others extend are emitters.
const EMITTERS = ["Socket", "Server", "TLSSocket", "ReadStream", "WriteStream", "Worker", "ChildProcess", "Interface", "Session", "Domain", "REPLServer"];

const made = { __proto__: null };

/** What is imported of such a module: its members, and all of them as the default. */
export function stub(module) {
  if (made[module] !== undefined) return made[module];
  const members = {};
  for (const name of FUNCTIONS[module]?.split(" ") ?? []) members[name] = missing(module, name);
  Object.assign(members, VALUES[module]);
  if (PROMISES[module] !== undefined) members.promises = stub(PROMISES[module]).default;
  return (made[module] = { ...members, default: members });
}

function missing(module, name) {
  if (module.endsWith("/promises") && /^[a-z]/.test(name)) {
    return named(name, async () => {
      throw notImplemented(module, name);
    });
  }
  function throws() {
    throw notImplemented(module, name);
  }
  if (EMITTERS.includes(name)) {
    Object.setPrototypeOf(throws, EventEmitter);
    Object.setPrototypeOf(throws.prototype, EventEmitter.prototype);
  }
  return named(name, throws);
}

const named = (name, callback) => Object.defineProperty(callback, "name", { value: name, configurable: true });
