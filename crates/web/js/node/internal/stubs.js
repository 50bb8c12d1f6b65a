// The modules of Node that Mote does not carry out. They can be imported, since libraries do so for what they may never
// need; whatever is called throws an error that says its name.
import { EventEmitter } from "../events.js";
import { notImplemented } from "./errors.js";
import { constants as FILE_CONSTANTS } from "./files/constants.js";
import { constants as system } from "../os.js";
import { FUNCTIONS } from "./stub-names.js";

// What is no function, or simple enough to be answered.
const VALUES = {
  __proto__: null,
  constants: { ...system.errno, ...system.priority, ...system.signals, ...FILE_CONSTANTS },
  cluster: { isMaster: true, isPrimary: true, isWorker: false, workers: {}, settings: {} },
  http2: { constants: {}, sensitiveHeaders: Symbol("nodejs.http2.sensitiveHeaders") },
  tls: { CLIENT_RENEG_LIMIT: 3, CLIENT_RENEG_WINDOW: 600, rootCertificates: [], DEFAULT_MIN_VERSION: "TLSv1.2", DEFAULT_MAX_VERSION: "TLSv1.3", DEFAULT_CIPHERS: "", DEFAULT_ECDH_CURVE: "auto" },
  domain: { active: null },
  inspector: { console: globalThis.console, Network: {} },
  sqlite: { constants: {} },
  tty: { isatty: () => false },
  v8: { promiseHooks: {}, startupSnapshot: {} },
  vm: { constants: {}, isContext: () => false },
  worker_threads: { isInternalThread: false, isMainThread: true, parentPort: null, threadId: 0, workerData: null, resourceLimits: {}, SHARE_ENV: Symbol("nodejs.worker_threads.SHARE_ENV") },
};
const PROMISES = { __proto__: null, readline: "readline/promises" };
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
