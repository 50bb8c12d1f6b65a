import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
import * as workers from "cloudflare:workers";

import { outcome, outcomes } from "../outcome.js";

export default {
  "a stream that is read later": async ({ env }) => {
    let pulls = 0;
    const read = Promise.withResolvers();
    const stream = new ReadableStream({ pull(controller) { if (++pulls < 3) controller.enqueue(new Uint8Array([pulls])); else { controller.close(); read.resolve("read to its end"); } }, cancel: () => read.resolve("canceled"), type: "bytes" }, { highWaterMark: 0 });
    return [await env.CALLED.later(stream), await read.promise];
  },
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
  "class of a property": ({ env }) => {
    const property = env.CALLED.greeting;
    const result = [property instanceof workers.RpcProperty, property instanceof workers.RpcPromise, typeof property];
    return property.then(() => result);
  },
  "class of a binding": ({ env }) => [env.CALLED instanceof workers.ServiceStub, workers.ServiceStub?.name, typeof Fetcher],
  "classes that cannot be constructed": () => outcomes(...["RpcPromise", "RpcProperty", "ServiceStub"].map((name) => () => new workers[name]())),
  "exports of ctx": ({ ctx }) => Object.keys(ctx.exports).sort(),
  "exports of the module": () => Object.keys(workers.exports).sort(),
  "exports' types": ({ ctx }) => [typeof ctx.exports.Called, typeof ctx.exports.default, ctx.exports.Called instanceof workers.ServiceStub, ctx.exports.missing, ctx.exports.Called === workers.exports.Called],
  "call by ctx.exports": ({ ctx }) => ctx.exports.Called.add(2, 3),
  "fetch by ctx.exports": async ({ ctx }) => (await ctx.exports.Called.fetch("http://any.test/path")).text(),
  "fetch of the default export": async ({ ctx }) => (await ctx.exports.default.fetch("http://any.test/urls/empty%20text")).json(),
  "properties": async ({ ctx }) => [await ctx.exports.Specialized.props(), await ctx.exports.Specialized({ props: { role: "admin" } }).props(), await (await ctx.exports.Specialized({ props: { a: [1] } }).fetch("http://a/")).json()],
  "properties that are none": ({ ctx }) => outcomes(() => ctx.exports.Specialized({ props: 1 }).props(), () => ctx.exports.Specialized({}).props(), () => ctx.exports.Specialized().props(), () => ctx.exports.Specialized(1).props()),
  "assigning to exports": ({ ctx }) => outcomes(() => { ctx.exports.Called = 1; }, () => { workers.exports.Called = 1; }, () => delete workers.exports.Called),
  "withEnv": async () => {
    const inner = await workers.withEnv({ TEXT: "other" }, async () => {
      await null;
      return [workers.env.TEXT, workers.env.OBJECT];
    });
    return [inner, workers.env.TEXT];
  },
  "withExports": () => [workers.withExports({ mine: 1 }, () => workers.exports.mine), workers.withEnvAndExports({ A: 1 }, { B: 2 }, () => [workers.env.A, workers.exports.B])],
  "env can be changed": () => {
    workers.env.ADDED = 1;
    const seen = [workers.env.ADDED, "ADDED" in workers.env];
    delete workers.env.ADDED;
    return [...seen, workers.env.ADDED];
  },
  "base classes": () => outcomes(...["DurableObject", "WorkflowEntrypoint"].map((name) => () => {
    class Mine extends workers[name] {}
    return new Mine({ waitUntil() {} }, { B: 2 });
  })),
  "tracing": () => [Object.keys(workers.tracing).sort(), workers.tracing.enterSpan("s", (span, ...rest) => [span.isTraced, typeof span.end, rest], 1, 2)],
  "cache": () => [typeof workers.cache, Object.keys(workers.cache), typeof workers.cache.purge],
  "restore": () => [typeof workers.restore, String(workers.restore), typeof workers.abortIsolate],
  "a key": async ({ env }) => {
    const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    const back = await env.CALLED.echo(key);
    return [back.type, back.algorithm.name];
  },
  "values of the platform": ({ env }) => outcomes(...[new Blob(["b"]), new File(["f"], "n"), new URL("http://a/"), new FormData(), new AbortController().signal, new Headers({ a: "b" }), new URLSearchParams("a=b"), new DOMException("m", "AbortError")].map((value) => async () => (await env.CALLED.echo(value))?.constructor?.name)),
  "cf goes to another worker": async ({ env }) => (await env.CALLED.fetch("http://a/cf", { cf: { mine: 7, text: "\u00fc\u{1f600}" } })).json(),
  "no cf goes to another worker": async ({ env }) => (await env.CALLED.fetch("http://a/cf")).json(),
  "this cf goes to another worker": async ({ env, request }) => (await env.CALLED.fetch(new Request("http://a/cf", request))).json(),
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
