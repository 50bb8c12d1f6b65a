import timers, { setTimeout as set, clearTimeout as clear, setInterval as every, clearInterval, setImmediate as soon, clearImmediate } from "node:timers";
import { setTimeout as after, setInterval as interval, setImmediate as immediate, scheduler } from "node:timers/promises";
import process, { nextTick } from "node:process";
import os from "node:os";
import diagnostics_channel, { channel, tracingChannel } from "node:diagnostics_channel";
import { AsyncLocalStorage } from "node:async_hooks";
import { performance as measured } from "node:perf_hooks";
import module, { createRequire, isBuiltin } from "node:module";
import { BlockList, SocketAddress, isIP, isIPv4, isIPv6 } from "node:net";
import path from "node:path";
import { MIMEParams, MIMEType, promisify } from "node:util";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};

export default {
  "lists of addresses": () => {
    const list = new BlockList();
    list.addAddress("192.0.2.1");
    list.addAddress("2001:db8::1", "ipv6");
    list.addRange("10.0.0.5", "10.0.0.9");
    list.addSubnet("172.16.0.0", 12);
    list.addSubnet("2001:db8:1::", 48, "ipv6");
    const checks = [["192.0.2.1"], ["192.0.2.2"], ["10.0.0.4"], ["10.0.0.5"], ["10.0.0.9"], ["10.0.0.10"], ["172.31.255.255"], ["172.32.0.0"], ["2001:db8::1", "ipv6"], ["2001:db8:1:2::3", "ipv6"], ["2001:db8:2::", "ipv6"], ["::ffff:10.0.0.6", "ipv6"], ["::ffff:a00:6", "ipv6"], ["::ffff:10.0.0.1", "ipv6"], ["nowhere"]];
    return [checks.map((given) => list.check(...given)), list.rules, attempt(() => list.addRange("10.0.0.9", "10.0.0.5")).split(" ")[1], attempt(() => list.addSubnet("10.0.0.0", 33)).split(" ")[1], BlockList.isBlockList?.(list) ?? true];
  },
  "addresses of sockets": () => {
    const shown = ({ address, port, family, flowlabel }) => [address, port, family, flowlabel];
    return [shown(new SocketAddress()), shown(new SocketAddress({ family: "ipv6" })), shown(new SocketAddress({ address: "1.2.3.4", port: 80 })), attempt(() => new SocketAddress({ address: "x" })).split(" ")[1], attempt(() => new SocketAddress({ port: -1 })).split(" ")[1]];
  },
  "MIME types": () => {
    const shown = (text) => attempt(() => {
      const type = new MIMEType(text);
      return [String(type), type.type, type.subtype, type.essence, [...type.params]];
    });
    const code = (outcome) => (typeof outcome === "string" ? outcome.split(" ").slice(0, 2) : outcome);
    const type = new MIMEType("text/plain");
    type.subtype = "HTML";
    type.params.set("charset", "utf-8");
    type.params.set("odd", 'a "b"');
    const params = new MIMEParams();
    params.set("a", "1");
    return [
      ["text/plain", " Text/HTML ; Charset=\"utf-8\" ; x=y;;a ;b=", "a/b;c=\"d\\\"e;f\";g=h;c=i", "text", "/plain", "text/", "a b/c", "a/b c", "a/b;c=\"open"].map((text) => code(shown(text))),
      String(type), JSON.stringify(type), params.has("a"), params.get("b"), String(params), code(attempt(() => params.set("x y", "1"))), code(attempt(() => { type.type = ""; })),
    ];
  },
  async "timers are objects"() {
    const seen = [];
    const cancelled = set(() => seen.push("cancelled"), 1);
    clear(cancelled);
    const timer = set((a, b) => seen.push(a, b), 2, "x", "y");
    seen.push(typeof timer, timer.hasRef(), timer.unref() === timer, timer.hasRef(), timer.ref() === timer);
    clear(+set(() => seen.push("cancelled by number"), 1));
    await new Promise((resolve) => set(resolve, 10));
    let count = 0;
    await new Promise((resolve) => {
      const repeated = every(() => {
        if (++count === 3) resolve(clearInterval(repeated));
      }, 1);
    });
    clearImmediate(soon(() => seen.push("cancelled immediate")));
    await new Promise((resolve) => soon((value) => resolve(seen.push(value)), "immediate"));
    clear(undefined);
    clear({});
    return [seen, count, attempt(() => set(5)), await promisify(set)(1, "promised")];
  },
  async "timers as promises"() {
    const seen = [await after(1, "value"), await immediate("now"), await scheduler.wait(1)];
    for await (const one of interval(1, "tick")) {
      seen.push(one);
      if (seen.length > 4) break;
    }
    const controller = new AbortController();
    const waiting = after(1000, undefined, { signal: controller.signal }).catch((error) => [error.name, error.code, error.message]);
    controller.abort();
    return [seen, await waiting, await after("x").catch((error) => error.code), timers.promises.setTimeout === after];
  },
  async "a store follows into timers"() {
    const storage = new AsyncLocalStorage();
    return storage.run("s", async () => [await new Promise((resolve) => set(() => resolve(storage.getStore()), 1)), await new Promise((resolve) => soon(() => resolve(storage.getStore()))), await new Promise((resolve) => nextTick(() => resolve(storage.getStore())))]);
  },
  async "nextTick comes before timers, with arguments"() {
    const seen = [];
    set(() => seen.push("timer"), 1);
    nextTick((...args) => seen.push(args), 1, 2);
    seen.push("now");
    await after(5);
    return [seen, attempt(() => nextTick(5))];
  },
  process: () => [process.platform, typeof process.version, typeof process.versions.node, Array.isArray(process.argv), typeof process.cwd(), typeof process.pid, process.hrtime().length, typeof process.hrtime.bigint(), typeof process.uptime(), typeof process.memoryUsage().heapUsed, Object.prototype.toString.call(process), typeof process.on, process.release.name, typeof process.emitWarning, typeof process.umask(), process.exitCode],
  os: () => [os.EOL, typeof os.platform(), os.endianness(), typeof os.tmpdir(), typeof os.hostname(), os.devNull, Array.isArray(os.cpus()), os.constants.signals.SIGTERM],
  "channels": () => {
    const seen = [];
    const one = channel("one");
    const subscriber = (message, name) => seen.push([message, name]);
    seen.push(one.hasSubscribers, channel("one") === one);
    one.subscribe(subscriber);
    seen.push(one.hasSubscribers, diagnostics_channel.hasSubscribers("one"));
    one.publish({ a: 1 });
    seen.push(one.unsubscribe(subscriber), one.unsubscribe(subscriber));
    one.publish({ a: 2 });
    const storage = new AsyncLocalStorage();
    one.bindStore(storage, (data) => ({ ...data, bound: true }));
    one.runStores({ b: 1 }, () => seen.push(storage.getStore()));
    return [seen, attempt(() => channel(5)), attempt(() => one.subscribe(5))];
  },
  async "channels that trace"() {
    const seen = [];
    const traced = tracingChannel("work");
    const handlers = Object.fromEntries(["start", "end", "asyncStart", "asyncEnd", "error"].map((name) => [name, (context) => seen.push([name, context.result, context.error?.message])]));
    traced.subscribe(handlers);
    seen.push(traced.traceSync((a) => a + 1, {}, null, 1));
    seen.push(attempt(() => traced.traceSync(() => { throw new Error("bad"); }, {})));
    seen.push(await traced.tracePromise(async () => "p", {}));
    await new Promise((resolve) => traced.traceCallback((callback) => set(() => callback(null, "c"), 1), -1, {}, null, () => resolve()));
    traced.unsubscribe(handlers);
    seen.push(traced.traceSync(() => "untraced"));
    return seen;
  },
  "performance": () => [typeof measured.now(), typeof measured.timeOrigin, measured === performance],
  "require": () => {
    const require = createRequire("/x.js");
    return [require("path") === path, require("node:path") === path, require("node:fs/promises") !== undefined, attempt(() => require("./x")).split(" ").slice(0, 2), isBuiltin("fs"), isBuiltin("node:fs"), isBuiltin("nope"), module.builtinModules.includes("buffer")];
  },
  "addresses": () => ["1.2.3.4", "256.1.1.1", "1.2.3", "::1", "::", "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "::ffff:1.2.3.4", "fe80::1%eth0", "01.2.3.4", "g::1", "", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7::"].map((one) => [isIP(one), isIPv4(one), isIPv6(one)]),
};
