// `node:process`, and the global `process`.
import { isOn } from "../compatibility.js";
import { native } from "../native.js";
import { currentEnv } from "../worker.js";
import { EventEmitter } from "./events.js";
import { error, invalidType, notImplemented } from "./internal/errors.js";
import { requireFunction, requireString } from "./internal/validate.js";

const VERSION = "22.19.0";

class Process extends EventEmitter {}
Object.defineProperty(Process, "name", { value: "process", configurable: true });
const process = new Process();

// The clock is not looked at before somebody asks: a heap that is kept must not have seen it.
const elapsed = () => native.now() - native.timeOrigin();

let environment;
let directory = "/bundle";

// What text there is among the bindings. It is asked for late: a heap that is kept has no bindings in it.
function environmentOf() {
  native.spoilRecording("it reads `process.env`");
  if (environment !== undefined) return environment;
  environment = {};
  const bindings = isOn("nodejs_compat_populate_process_env") ? currentEnv() : {};
  for (const name of Object.keys(bindings)) {
    const value = bindings[name];
    if (typeof value === "string") environment[name] = value;
    else if (typeof value === "number" || typeof value === "boolean" || isPlain(value)) environment[name] = JSON.stringify(value);
  }
  return environment;
}

const isPlain = (value) => typeof value === "object" && value !== null && (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);

function hrtime(before = undefined) {
  const now = elapsed();
  let seconds = Math.floor(now / 1000);
  let nanoseconds = Math.round((now % 1000) * 1e6);
  if (before !== undefined) {
    if (!Array.isArray(before)) throw invalidType("time", "an instance of Array", before);
    seconds -= before[0];
    nanoseconds -= before[1];
    if (nanoseconds < 0) {
      seconds--;
      nanoseconds += 1e9;
    }
  }
  return [seconds, nanoseconds];
}
hrtime.bigint = () => BigInt(Math.round(elapsed() * 1e6));

// The console is where a worker's output goes, line by line.
function output(fd, log) {
  return {
    fd,
    isTTY: false,
    writable: true,
    columns: 80,
    write(text, encoding = undefined, callback = undefined) {
      log(`${text}`.replace(/\n$/, ""));
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") process.nextTick(done);
      return true;
    },
    end(text = undefined) {
      if (text !== undefined) this.write(text);
    },
    on() {
      return this;
    },
    once() {
      return this;
    },
    emit: () => false,
    getColorDepth: () => 1,
    hasColors: () => false,
  };
}

const members = {
  title: "mote",
  version: `v${VERSION}`,
  versions: { node: VERSION, v8: "", modules: "127", uv: "0.0.0" },
  arch: "x64",
  platform: "linux",
  release: { name: "node", lts: "Jod" },
  argv: ["mote", "worker"],
  argv0: "mote",
  execArgv: [],
  execPath: "/mote",
  exitCode: undefined,
  pid: 1,
  ppid: 0,
  debugPort: 0,
  features: { inspector: false, debug: false, uv: false, ipv6: true, tls_alpn: true, tls_sni: true, tls_ocsp: false, tls: true, cached_builtins: true, typescript: false, require_module: true },
  config: { target_defaults: {}, variables: {} },
  allowedNodeEnvironmentFlags: new Set(),
  stdin: { fd: 0, isTTY: false, readable: false, on: () => undefined },
  stdout: output(1, (text) => console.log(text)),
  stderr: output(2, (text) => console.error(text)),
  hrtime,
  nextTick(callback, ...args) {
    requireFunction(callback, "callback");
    queueMicrotask(() => Reflect.apply(callback, undefined, args));
  },
  cwd: () => directory,
  chdir(path) {
    requireString(path, "directory");
    directory = new URL(path, `file://${directory}/`).pathname.replace(/(.)\/$/, "$1");
  },
  umask: () => 0o22,
  uptime: () => elapsed() / 1000,
  memoryUsage: Object.assign(() => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }), { rss: () => 0 }),
  cpuUsage: () => ({ user: 0, system: 0 }),
  resourceUsage: () => ({}),
  constrainedMemory: () => 0,
  availableMemory: () => 0,
  emitWarning(warning, type = undefined, code = undefined) {
    const name = warning instanceof Error ? warning.name : typeof type === "string" ? type : (type?.type ?? "Warning");
    const text = warning instanceof Error ? warning.message : `${warning}`;
    const tag = typeof code === "string" ? code : type?.code;
    console.warn(`${tag === undefined ? "" : `[${tag}] `}${name}: ${text}`);
  },
  exit(code = undefined) {
    throw error("ERR_WORKER_PROCESS_EXIT", `process.exit(${code ?? ""}) was called: a worker ends when its event is over, and Mote ends no process for it`);
  },
  abort() {
    throw notImplemented("process", "abort");
  },
  reallyExit(code) {
    members.exit(code);
  },
  kill() {
    throw notImplemented("process", "kill");
  },
  binding(name) {
    throw error("ERR_INVALID_MODULE", `No such module: ${name}`);
  },
  dlopen() {
    throw notImplemented("process", "dlopen");
  },
  getuid: () => 0,
  geteuid: () => 0,
  getgid: () => 0,
  getegid: () => 0,
  getgroups: () => [0],
  getActiveResourcesInfo: () => [],
  getBuiltinModule: (name) => builtinModule(name),
  hasUncaughtExceptionCaptureCallback: () => false,
  setUncaughtExceptionCaptureCallback() {
    throw notImplemented("process", "setUncaughtExceptionCaptureCallback");
  },
  setSourceMapsEnabled() {},
  loadEnvFile() {
    throw notImplemented("process", "loadEnvFile");
  },
  assert(value, message = undefined) {
    if (!value) throw error("ERR_ASSERTION", message ?? "assertion error");
  },
  channel: undefined,
  connected: false,
  domain: null,
  finalization: { register() {}, registerBeforeExit() {}, unregister() {} },
  getSourceMapsSupport: () => ({ enabled: false, nodeModules: false, generatedCode: false }),
  moduleLoadList: [],
  noDeprecation: false,
  permission: { has: () => true },
  ref() {},
  report: {},
  send: undefined,
  sourceMapsEnabled: false,
  threadCpuUsage: () => ({ user: 0, system: 0 }),
  throwDeprecation: false,
  traceDeprecation: false,
  unref() {},
};
for (const name of ["execve", "initgroups", "openStdin", "setegid", "seteuid", "setgid", "setgroups", "setuid"]) {
  members[name] = () => {
    throw notImplemented("process", name);
  };
}

let builtinModule = () => undefined;
/** Takes what finds modules: process.js itself must not import all of them. */
export const setBuiltinModule = (find) => {
  builtinModule = find;
};

for (const key of Object.keys(members)) Object.defineProperty(process, key, { value: members[key], writable: true, enumerable: true, configurable: true });
Object.defineProperty(process, "env", {
  enumerable: true,
  configurable: true,
  get: environmentOf,
  set(value) {
    environment = value;
  },
});
Object.defineProperty(process, Symbol.toStringTag, { value: "process", configurable: true });

let listening = false;
process.on("newListener", (name) => {
  if ((name !== "unhandledRejection" && name !== "rejectionHandled") || listening) return;
  listening = true;
  addEventListener("unhandledrejection", (event) => {
    if (process.emit("unhandledRejection", event.reason, event.promise)) event.preventDefault();
  });
  addEventListener("rejectionhandled", (event) => process.emit("rejectionHandled", event.promise));
});

export const {
  abort,
  allowedNodeEnvironmentFlags,
  arch,
  argv,
  argv0,
  chdir,
  config,
  cpuUsage,
  cwd,
  emitWarning,
  execArgv,
  execPath,
  exit,
  features,
  getBuiltinModule,
  getegid,
  geteuid,
  getgid,
  getgroups,
  getuid,
  kill,
  memoryUsage,
  nextTick,
  pid,
  platform,
  ppid,
  release,
  resourceUsage,
  stderr,
  stdin,
  stdout,
  title,
  umask,
  uptime,
  version,
  versions,
} = members;
export { hrtime };
export const emit = process.emit.bind(process);
export const on = process.on.bind(process);
export const once = process.once.bind(process);
export const off = process.off.bind(process);
// The same object as `process.env`, which is filled when it is first looked into.
export const env = new Proxy(
  {},
  {
    get: (_, key) => environmentOf()[key],
    set: (_, key, value) => Reflect.set(environmentOf(), key, value),
    has: (_, key) => key in environmentOf(),
    deleteProperty: (_, key) => delete environmentOf()[key],
    ownKeys: () => Reflect.ownKeys(environmentOf()),
    getOwnPropertyDescriptor: (_, key) => Object.getOwnPropertyDescriptor(environmentOf(), key),
    defineProperty: (_, key, descriptor) => Reflect.defineProperty(environmentOf(), key, descriptor),
  },
);
export default process;
