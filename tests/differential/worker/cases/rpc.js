import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
import * as workers from "cloudflare:workers";

import { outcome, outcomes } from "../outcome.js";

export default {
  "call": ({ env }) => env.CALLED.add(1, 2),
  "getter": async ({ env }) => env.CALLED.greeting,
  "values there and back": async ({ env }) => env.CALLED.echo({ a: [1, "b", null, true, 2n], d: new Date(5), m: new Map([[1, 2]]), s: new Set([3]), b: new Uint8Array([1]), r: /x/g }),
  "undefined, NaN, -0": async ({ env }) => [await env.CALLED.echo(undefined), await env.CALLED.echo(Number.NaN), await env.CALLED.echo(-0), await env.CALLED.argumentsOf(undefined, 1)],
  "errors as values": ({ env }) => env.CALLED.echo(new RangeError("r")),
  "thrown errors": ({ env }) => outcomes(...["TypeError", "RangeError", "Error"].map((kind) => () => env.CALLED.fail(kind, "mine"))),
  "thrown text": ({ env }) => outcome(env.CALLED.failWithText("just text")),
  "method that is not there": ({ env }) => env.CALLED.missing(),
  "private names": ({ env }) => outcomes(() => env.CALLED.constructor(), () => env.CALLED.toString(), () => env.CALLED.env),
  "then is no method": ({ env }) => typeof env.CALLED.then,
  "target": async ({ env }) => {
    const counter = await env.CALLED.counter();
    return [await counter.increment(), await counter.increment(5), await counter.count];
  },
  "target's own properties": async ({ env }) => {
    const counter = await env.CALLED.counter();
    return outcome(async () => counter.secret);
  },
  "function": async ({ env }) => {
    const double = await env.CALLED.doubler();
    return double(21);
  },
  "callback": ({ env }) => env.CALLED.callBack((n) => n * 10),
  "callback that throws": ({ env }) => outcome(env.CALLED.callBack(() => { throw new RangeError("mine"); })),
  "pipelined": async ({ env }) => env.CALLED.counter().increment(3),
  "nested": async ({ env }) => {
    const plain = await env.CALLED.plain();
    return [await plain.nested.add(1, 2), plain.list];
  },
  "nested, pipelined": async ({ env }) => env.CALLED.plain().nested.add(3, 4),
  "stream": async ({ env }) => new Response(await env.CALLED.stream()).text(),
  "response": async ({ env }) => {
    const response = await env.CALLED.response();
    return [response.status, response.headers.get("x-by"), await response.text()];
  },
  "environment": ({ env }) => env.CALLED.environment(),
  "what cannot be cloned": ({ env }) => outcomes(() => env.CALLED.notCloneable(), () => env.CALLED.echo(Symbol("s")), () => env.CALLED.echo(new WeakMap())),
  "fetch": async ({ env }) => (await env.CALLED.fetch("http://any.test/path")).text(),
  "fetch of itself": async ({ env }) => (await env.SELF.fetch("http://any.test/urls/empty%20text")).json(),
  "disposed stub": async ({ env }) => {
    const counter = await env.CALLED.counter();
    counter[Symbol.dispose]();
    return outcome(async () => counter.increment());
  },
  "class of a stub": async ({ env }) => {
    const counter = await env.CALLED.counter();
    return [counter instanceof workers.RpcStub, typeof counter, counter.constructor === workers.RpcStub];
  },
  "class of a promise": ({ env }) => {
    const promise = env.CALLED.add(1, 2);
    const result = [promise instanceof workers.RpcPromise, promise instanceof Promise, typeof promise.then];
    return promise.then(() => result);
  },
  "module's exports": () => Object.keys(workers).sort(),
  "classes": () => [WorkerEntrypoint, RpcTarget].map((Class) => [typeof Class, Class.name]),
  "local stub": async () => {
    class Local extends RpcTarget {
      twice(n) { return n * 2; }
    }
    return new workers.RpcStub(new Local()).twice(4);
  },
  "env of the module": () => [workers.env.TEXT, workers.env.OBJECT],
  "binding's class": ({ env }) => [typeof env.CALLED, env.CALLED.constructor?.name, Object.keys(env).sort()],
  "variables": ({ env }) => [env.TEXT, env.OBJECT],
};
