// The module `cloudflare:workers`.
import { DurableObject, RpcTarget, WorkerEntrypoint, WorkflowEntrypoint } from "./rpc/targets.js";
import { RpcPromise, RpcProperty, RpcStub } from "./rpc/stubs.js";
import { framed, valueOf, within } from "./async-frames.js";
import { Fetcher } from "./bindings/fetcher.js";
import { extendCurrent } from "../execution-context.js";
import { isOn } from "../compatibility.js";
import { load } from "../lazy.js";
import { native } from "../native.js";
import { tracing } from "./tracing.js";

const NativeProxy = Proxy;
const { get, set, has, ownKeys, deleteProperty, defineProperty, getOwnPropertyDescriptor } = Reflect;

// What withEnv and withExports have put in the place of the worker's own, under these keys of the running code's frame.
const ENV = {};
const EXPORTS = {};

/** Its exports, for a worker with this `env`. */
export function workersModule(env) {
  const own = isOn("disallow_importable_env") ? {} : env;
  return {
    DurableObject,
    RpcPromise,
    RpcProperty,
    RpcStub,
    RpcTarget,
    ServiceStub: Fetcher,
    WorkerEntrypoint,
    WorkflowEntrypoint,
    abortIsolate,
    cache: new NativeProxy({}, readOnly(() => undefined)),
    env: new NativeProxy({}, writable(() => valueOf(ENV, own))),
    exports: new NativeProxy({}, readOnly(() => valueOf(EXPORTS, undefined) ?? load("lazy/exports.js").currentExports())),
    restore,
    tracing,
    waitUntil: extendCurrent,
    withEnv,
    withEnvAndExports,
    withExports,
  };
}

function withEnv(env, callback) {
  return within(framed(native.asyncFrame(), ENV, env), callback, undefined, []);
}

function withExports(exports, callback) {
  return within(framed(native.asyncFrame(), EXPORTS, exports), callback, undefined, []);
}

function withEnvAndExports(env, exports, callback) {
  return within(framed(framed(native.asyncFrame(), ENV, env), EXPORTS, exports), callback, undefined, []);
}

/** The name of the method that brings a stored stub back. Nothing here stores stubs, so nothing calls it. */
const restore = Symbol("cloudflare:workers:restore");

/** Gives the isolate up: it takes no new events, and the next one gets a new isolate. Those under way finish in it. */
function abortIsolate(reason = undefined) {
  const message = reason === undefined ? "abortIsolate() was called." : `${reason}`;
  native.condemn();
  throw new Error(message);
}

// The module's `env` and `exports` are one object for ever; what they show is looked up each time.
const readOnly = (current) => ({
  get: (_target, name) => read(get, current(), name),
  set: () => false,
  has: (_target, name) => read(has, current(), name) ?? false,
  ownKeys: () => read(ownKeys, current()) ?? [],
  getOwnPropertyDescriptor: (_target, name) => loosened(read(getOwnPropertyDescriptor, current(), name)),
  deleteProperty: () => false,
  defineProperty: () => false,
});

const writable = (current) => ({
  ...readOnly(current),
  set: (_target, name, value) => set(current(), name, value),
  deleteProperty: (_target, name) => deleteProperty(current(), name),
  defineProperty: (_target, name, attributes) => defineProperty(current(), name, loosened(attributes)),
});

const read = (how, object, ...rest) => (object === undefined || object === null ? undefined : how(object, ...rest));

// A proxy may not call a property fixed that its own target has not.
const loosened = (descriptor) => (descriptor === undefined ? undefined : { ...descriptor, configurable: true });
