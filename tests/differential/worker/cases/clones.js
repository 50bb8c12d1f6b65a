import { outcome, outcomes, utf8 } from "../outcome.js";

export default {
  "plain values": () => structuredClone({ a: [1, "b", null, undefined, true, 1n, Number.NaN, -0], d: new Date(5), r: /x/gi }),
  "maps and sets": () => structuredClone({ m: new Map([[{ k: 1 }, "v"]]), s: new Set([1, [2]]) }),
  "bytes": () => structuredClone([utf8("ab"), utf8("cd").buffer, new Float64Array([1.5]), new DataView(new ArrayBuffer(2))]),
  "circles": () => {
    const circle = { list: [] };
    circle.list.push(circle);
    const clone = structuredClone(circle);
    return [clone !== circle, clone.list[0] === clone];
  },
  "shared objects stay shared": () => {
    const shared = {};
    const [a, b] = structuredClone([shared, shared]);
    return a === b;
  },
  "errors": () => structuredClone([new RangeError("r"), new TypeError("t", { cause: 1 })]),
  "error's own class": () => {
    class Mine extends Error {}
    const clone = structuredClone(new Mine("m"));
    return [clone.constructor.name, clone.message];
  },
  "error's cause": () => structuredClone(new Error("m", { cause: { a: 1 } })).cause,
  "class instances become plain": () => {
    class Mine {
      a = 1;
      get b() { return 2; }
    }
    return structuredClone(new Mine());
  },
  "boxed": () => {
    const clones = structuredClone([Object(1), Object("s"), Object(true), Object(2n)]);
    return clones.map((clone) => [typeof clone, clone.constructor.name, String(clone)]);
  },
  "functions": () => structuredClone(() => {}),
  "symbols": () => structuredClone(Symbol("s")),
  "inside of an object": () => structuredClone({ f() {} }),
  "weak maps, promises, proxies": () => outcomes(...[new WeakMap(), Promise.resolve(), new Proxy({}, {})].map((value) => () => structuredClone(value))),
  "getters run": () => structuredClone({ get a() { return 1; } }),
  "getter that throws": () => structuredClone({ get a() { throw new RangeError("mine"); } }),
  "sparse arrays": () => {
    const clone = structuredClone([, 1, , 2]);
    return [clone.length, 0 in clone, Object.keys(clone)];
  },
  "array's other properties": () => Object.keys(structuredClone(Object.assign([1], { extra: 2 }))),
  "transfer": () => {
    const { buffer } = utf8("abc");
    const clone = structuredClone({ buffer }, { transfer: [buffer] });
    return [buffer.byteLength, clone.buffer];
  },
  "transfer twice": () => {
    const { buffer } = utf8("abc");
    return outcome(() => structuredClone(buffer, { transfer: [buffer, buffer] }));
  },
  "transfer something else": () => outcomes(() => structuredClone(1, { transfer: [{}] }), () => structuredClone(1, { transfer: 1 })),
  "detached buffer": () => {
    const { buffer } = utf8("abc");
    structuredClone(buffer, { transfer: [buffer] });
    return outcome(() => structuredClone(buffer));
  },
  "DOMException": () => structuredClone(new DOMException("m", "AbortError")),
  "Headers": () => structuredClone(new Headers({ a: "b" })),
  "Blob": () => structuredClone(new Blob(["x"])),
  "URL": () => structuredClone(new URL("http://a.test/")),
  "Response": () => structuredClone(new Response("x")),
  "no argument": () => structuredClone(),
};
