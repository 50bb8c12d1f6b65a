import assert from "node:assert";
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { EventEmitter, once } from "node:events";
import path from "node:path";
import process from "node:process";
import querystring from "node:querystring";
import { Readable, Transform, pipeline } from "node:stream";
import { pipeline as piped } from "node:stream/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as wait } from "node:timers/promises";
import url from "node:url";
import util from "node:util";

import { outcome, outcomes } from "../outcome.js";

const coded = async (run) => {
  try {
    return await run();
  } catch (error) {
    return { name: error.name, code: error.code };
  }
};

export default {
  "events in order": () => {
    const emitter = new EventEmitter();
    const log = [];
    emitter.on("a", (...all) => log.push(["on", ...all]));
    emitter.prependListener("a", () => log.push(["first"]));
    emitter.once("a", () => log.push(["once"]));
    return [emitter.emit("a", 1, 2), emitter.emit("a"), emitter.emit("b"), log, emitter.listenerCount("a"), emitter.eventNames()];
  },
  "unheard errors": () => outcomes(() => new EventEmitter().emit("error", new RangeError("mine")), () => coded(() => new EventEmitter().emit("error", "text"))),
  "listener that is none": () => coded(() => new EventEmitter().on("a", 1)),
  "once as a promise": async () => {
    const emitter = new EventEmitter();
    const heard = once(emitter, "a");
    emitter.emit("a", 1);
    return heard;
  },
  "path": () => [
    path.join("/a", "..", "b", "./c"), path.resolve("/a", "b", "../c"), path.normalize("/a//b/../c/."), path.basename("/a/b.txt", ".txt"), path.extname("a.b.c"),
    path.dirname("/a/b/c"), path.relative("/a/b/c", "/a/d"), path.isAbsolute("a"), path.parse("/a/b.c"), path.format({ dir: "/a", name: "b", ext: ".c" }), path.sep, path.win32.join("a", "..", "b\\c"),
  ],
  "path of a wrong kind": () => coded(() => path.join(1)),
  "querystring": () => [querystring.parse("a=1&b=2&a=3&c=%20+d"), querystring.stringify({ a: [1, 2], b: "ü &", c: true }), querystring.escape("a b"), querystring.unescape("%zz%20")],
  "url": () => {
    const { protocol, host, pathname, query, hash, auth, href } = url.parse("http://u:p@h.test:8/p/a?q=1#f", true);
    return [{ protocol, host, pathname, query: { ...query }, hash, auth, href }, url.format({ protocol: "http", host: "a.test", pathname: "/b" }), url.resolve("http://a.test/b/c", "../d"), url.fileURLToPath("file:///a%20b"), url.pathToFileURL("/a b#c").href, url.domainToASCII("bücher.test")];
  },
  "util.format": () => [util.format("%s %d %i %f %j %o %O %%", "s", "1", 2.7, "3.5", { a: 1 }, [1], { b: 2 }), util.format("%s", { a: 1 }, "more"), util.format(1, 2)],
  "util.inspect": () => [{ a: 1, b: "t", c: [1, [2, [3, [4]]]], d: { e: { f: { g: 1 } } } }, new Map([[1, { a: 2 }]]), new Set(["x"]), [undefined, null, -0, 1n, Symbol("s")], () => {}, class A {}, new (class B { x = 1; })(), new Date(0), /r/g, new Uint8Array([1, 2]), "it's", Object.create(null), [, 1], Promise.resolve(1)].map((value) => util.inspect(value)),
  "util.inspect's options": () => [util.inspect({ a: { b: { c: {} } } }, { depth: 0 }), util.inspect("x".repeat(20), { maxStringLength: 5 }), util.inspect([1, 2, 3], { maxArrayLength: 1 }), util.inspect({ b: 1, a: 2 }, { sorted: true }), util.inspect({ a: 1 }, { colors: true }), util.inspect({ a: 1, b: 2 }, { compact: false })],
  "util.inspect of circles": () => { const a = { b: {} }; a.b.a = a; return util.inspect(a); },
  "util.promisify": async () => [await util.promisify((a, done) => done(null, a * 2))(4), await outcome(util.promisify((done) => done(new RangeError("mine")))())],
  "util.callbackify": () => new Promise((resolve) => util.callbackify(async (a) => a + 1)(1, (error, value) => resolve([error, value]))),
  "util.isDeepStrictEqual": () => [util.isDeepStrictEqual({ a: [1] }, { a: [1] }), util.isDeepStrictEqual([1], ["1"]), util.isDeepStrictEqual(new Map([[1, 2]]), new Map([[1, 2]])), util.isDeepStrictEqual(Number.NaN, Number.NaN)],
  "util.types": () => [util.types.isPromise(Promise.resolve()), util.types.isRegExp(/a/), util.types.isDate({}), util.types.isProxy(new Proxy({}, {})), util.types.isUint8Array(new Uint8Array())],
  "util.inherits and deprecate": () => { function A() {} util.inherits(A, EventEmitter); return [new A() instanceof EventEmitter, util.deprecate(() => 5, "old")()]; },
  "util.parseArgs": () => { const { values, positionals } = util.parseArgs({ args: ["-f", "--bar", "b", "p"], options: { f: { type: "boolean", short: "f" }, bar: { type: "string" } }, allowPositionals: true }); return [{ ...values }, positionals]; },
  "util.styleText and strip": () => [util.stripVTControlCharacters("\u001b[31mred\u001b[0m"), util.toUSVString("a\ud800")],
  "assert": async () => {
    const all = [];
    for (const run of [() => assert(0), () => assert.equal(1, 2), () => assert.strictEqual(1, "1"), () => assert.deepStrictEqual({ a: 1 }, { a: 1 }), () => assert.deepStrictEqual({ a: 1 }, { a: 2 }), () => assert.throws(() => { throw new TypeError("x"); }, TypeError), () => assert.throws(() => {}), () => assert.rejects(Promise.reject(new Error("x"))), () => assert.match("abc", /b/), () => assert.notStrictEqual(1, 1), () => assert.fail("mine")]) all.push(await coded(run));
    return all.map((one) => one ?? "fine");
  },
  "AsyncLocalStorage": async () => {
    const storage = new AsyncLocalStorage();
    const seen = [storage.getStore()];
    await storage.run("a", async () => {
      seen.push(storage.getStore());
      await scheduler.wait(1);
      seen.push(storage.getStore());
      seen.push(storage.run("b", () => storage.getStore()), storage.exit(() => storage.getStore()));
      await new Promise((resolve) => setTimeout(() => { seen.push(storage.getStore()); resolve(); }, 1));
    });
    const bound = storage.run("c", () => AsyncLocalStorage.bind(() => storage.getStore()));
    const snapshot = storage.run("d", () => AsyncLocalStorage.snapshot());
    const resource = storage.run("e", () => new AsyncResource("R"));
    seen.push(bound(), snapshot(() => storage.getStore()), resource.runInAsyncScope(() => storage.getStore()), storage.getStore());
    return seen;
  },
  "streams": async () => {
    const upper = new Transform({ transform(chunk, _, done) { done(null, String(chunk).toUpperCase()); } });
    const chunks = [];
    for await (const chunk of Readable.from(["a", "b"]).pipe(upper)) chunks.push(String(chunk));
    return chunks;
  },
  "stream pipelines": async () => {
    const failing = new Transform({ transform(_, __, done) { done(new RangeError("mine")); } });
    const failed = await outcome(piped(Readable.from(["a"]), failing));
    const called = await new Promise((resolve) => pipeline(Readable.from(["a"]), new Transform({ transform(c, _, done) { done(null, c); } }).resume(), (error) => resolve(error ?? "fine")));
    return [failed, called];
  },
  "streams to the Web's": async () => new Response(Readable.toWeb(Readable.from([new Uint8Array([104, 105])]))).text(),
  "string decoder": () => { const decoder = new StringDecoder("utf8"); return [decoder.write(new Uint8Array([0xe2, 0x82])), decoder.write(new Uint8Array([0xac])), decoder.end(new Uint8Array([0xc3]))]; },
  "timers as promises": () => wait(1, "value"),
  "process": () => [typeof process.env, typeof process.nextTick, process.platform, typeof process.version, typeof process.hrtime.bigint(), process.argv.length, process.cwd()],
  "nextTick's order": async () => {
    const log = [];
    setTimeout(() => log.push("timeout"), 0);
    setImmediate(() => log.push("immediate"));
    Promise.resolve().then(() => log.push("promise"));
    process.nextTick(() => log.push("tick"));
    log.push("now");
    await scheduler.wait(10);
    return log;
  },
  "modules that are not there": () => outcome(import(["node", "nothing"].join(":"))).then(({ threw }) => threw?.class),
  "globals": () => [typeof global, typeof Buffer, typeof process, typeof setImmediate, typeof require, typeof __dirname],
};
