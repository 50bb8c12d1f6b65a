// What other workers may call (https://developers.cloudflare.com/workers/runtime-apis/rpc/): objects of RpcTarget and of
// the entrypoint classes by their classes' methods, anything else by what it has itself.
import { defineInterface } from "../../webidl.js";

const { getPrototypeOf: prototypeOf, getOwnPropertyDescriptor: descriptorOf, hasOwn } = Object;
const ObjectPrototype = Object.prototype;

export let isRpcTarget;

export class RpcTarget {
  #brand;

  static {
    isRpcTarget = (value) => typeof value === "object" && value !== null && #brand in value;
  }
}
defineInterface(RpcTarget, "RpcTarget");

export let isEntrypoint;

/** A class of a worker that others bind to: `new Class(ctx, env)` for each event. */
export class WorkerEntrypoint {
  ctx;
  env;
  #brand;

  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
  }

  static {
    isEntrypoint = (value) => typeof value === "object" && value !== null && #brand in value;
  }
}
defineInterface(WorkerEntrypoint, "WorkerEntrypoint");

// Classes for what the node does not run. They can be extended, since worker code does so at its top level.

export class DurableObject {
  constructor() {
    throw new TypeError("DurableObject: Mote has no Durable Objects, and so no state that one could be made with.");
  }
}
defineInterface(DurableObject, "DurableObject");

export class WorkflowEntrypoint {
  constructor() {
    throw new TypeError("WorkflowEntrypoint: Mote has no Workflows, and so no context that one could be made with.");
  }
}
defineInterface(WorkflowEntrypoint, "WorkflowEntrypoint");

/** A default export that is an object: its functions are called as handlers are, with `env` and `ctx` behind their argument. */
export class Handlers {
  #object;
  #env;
  #context;

  constructor(object, env, context) {
    this.#object = object;
    this.#env = env;
    this.#context = context;
  }

  member(name) {
    const method = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
    if (typeof method !== "function") throw missing(name);
    return (...args) => {
      if (args.length > 1) throw new TypeError(`Cannot call handler function "${name}" over RPC with ${args.length} arguments: one that is no class's method takes one.`);
      return Reflect.apply(method, this.#object, [args[0], this.#env, this.#context]);
    };
  }
}

// Where a class's own methods end.
const ENDS = new Set([ObjectPrototype, RpcTarget.prototype, WorkerEntrypoint.prototype]);
const isEnd = Function.prototype.call.bind(Set.prototype.has, ENDS);

/**
 * What `name` is on an object that a caller reaches. Instances of classes show what their classes define and hide what
 * they keep in themselves; plain objects show their own properties. Throws a TypeError for everything else.
 */
export function memberOf(object, name) {
  if (isRpcTarget(object) || isEntrypoint(object)) return classMember(object, name);
  if (object instanceof Handlers) return object.member(name);
  if (typeof object === "object" && object !== null && hasOwn(object, name)) return object[name];
  throw missing(name);
}

function classMember(object, name) {
  if (name === "constructor") throw missing(name);
  for (let holder = prototypeOf(object); holder !== null && !isEnd(holder); holder = prototypeOf(holder)) {
    if (descriptorOf(holder, name) !== undefined) return object[name];
  }
  throw missing(name);
}

export function missing(name) {
  return new TypeError(`The RPC receiver does not implement the method "${name}".`);
}
