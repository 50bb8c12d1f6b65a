import util, { inspect, format, promisify, callbackify, types, parseArgs, styleText, isDeepStrictEqual, inherits, deprecate } from "node:util";
import { Buffer } from "node:buffer";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};

class Point {
  constructor(x, y) {
    this.x = x;
    this.y = y;
  }
}
class Empty {}
const circle = { name: "c" };
circle.self = circle;

const VALUES = [1, -0, 1n, "it's", 'say "x"', true, null, undefined, Symbol("s"), [], {}, [1, 2, 3], { a: 1, "b-c": [1, { d: 2 }] }, new Point(1, 2), new Empty(), new Map([["a", { b: 1 }]]), new Set([1, "x"]), new Date(0), /x/gi, () => {}, function named() {}, class A {}, circle, [undefined, null], { a: { b: { c: { d: 1 } } } }, new Uint8Array([1, 2]), new ArrayBuffer(2), Object.create(null), [1, , 3], Array.from({ length: 120 }, (_, i) => i), "x".repeat(120), { get a() { return 1; }, set b(value) {} }, new Error("msg").message, Promise.resolve(4), Promise.reject(new Error("x")).catch(() => {}) && new Promise(() => {}), new WeakMap(), Object(1), Object("s"), [["a", ["b", ["c", ["d"]]]]], { f() {} }, new (class extends Map {})([[1, 2]]), "a\nb", { s: "a\nb" }, [1.5, -2], { [Symbol("k")]: 1 }];

const PAIRS = [[1, 1], [1, "1"], [NaN, NaN], [0, -0], [null, undefined], [{ a: 1 }, { a: 1 }], [{ a: 1 }, { a: 2 }], [{ a: 1 }, { a: 1, b: 2 }], [[1, 2], [1, 2]], [[1, 2], [2, 1]], [[1], { 0: 1 }], [new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1])], [new Set([1]), new Set(["1"])], [new Map([[{ k: 1 }, 1]]), new Map([[{ k: 1 }, 1]])], [new Map([["a", 1]]), new Map([["a", "1"]])], [new Date(1), new Date(1)], [new Date(1), new Date(2)], [/a/g, /a/g], [/a/g, /a/i], [new Error("a"), new Error("a")], [new Error("a"), new TypeError("a")], [new Point(1, 2), { x: 1, y: 2 }], [new Uint8Array([1]), new Uint8Array([1])], [new Uint8Array([1]), new Int8Array([1])], [Buffer.from("a"), new Uint8Array([97])], [Object(1), Object(1)], [Object(1), 1], [circle, { name: "c", self: circle }], [[1, , 3], [1, undefined, 3]], [{ a: undefined }, {}], [Object.create(null), {}], [new Float32Array([-0]), new Float32Array([0])], [{ [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 2 }], [() => {}, () => {}], ["a", "a"], [1n, 1n], [[[]], [[]]]];

export default {
  inspect: () => VALUES.map((value) => inspect(value)),
  "inspect with a depth": () => [inspect({ a: { b: { c: {} } } }, { depth: 0 }), inspect({ a: { b: { c: {} } } }, { depth: null }), inspect({ a: [[[[1]]]] }, false, 1), inspect({ a: { b: { c: { d: { e: {} } } } } }, { depth: Infinity })],
  "objects that inspect themselves": () => [inspect({ [inspect.custom]: (depth) => `depth ${depth}` }), inspect({ a: { [inspect.custom]: () => ({ shown: 1 }) } }), inspect.custom],
  format: () => [[], ["a"], ["%s", "x"], ["%s", { a: 1 }], ["%s", new Point(1, 2)], ["%s", null, undefined], ["%d", "42"], ["%d", {}], ["%i", "42.9"], ["%f", "1.50"], ["%j", { a: 1 }], ["%j", circle], ["%o", [1]], ["%O", { a: { b: { c: { d: 1 } } } }], ["%%", 1], ["%c", "css"], ["%x", 1], ["a", "b", 1, { c: 1 }], [1, 2, "3"], ["%s"], ["%s %s", "only"], ["%s", Symbol("s")], ["%d", 5n], ["%s", -0], ["100%", 1], ["%s", () => {}], ["%s", class Q {}], ["%s", { toString: () => "own" }], ["%s", new Date(0)], [{ a: "s" }, "x"], ["%s", [1, [2, [3]]]], ["%s", new Error("e").message]].map((args) => format(...args)),
  async promisify() {
    const works = promisify((a, b, callback) => callback(null, a + b));
    const fails = promisify((callback) => callback(new Error("bad")));
    const custom = () => {};
    custom[promisify.custom] = () => "custom";
    const wait = promisify(setTimeout);
    return [await works(1, 2), await fails().catch((error) => error.message), promisify(custom)(), await wait(1, "waited"), attempt(() => promisify(5)), promisify(works) === works, promisify.custom];
  },
  async callbackify() {
    const works = callbackify(async (a) => a * 2);
    const fails = callbackify(async () => {
      throw null;
    });
    const seen = await new Promise((resolve) => works(4, (...args) => resolve(args)));
    const failed = await new Promise((resolve) => fails((error) => resolve([error.code, error.message, error.reason])));
    return [seen, failed, works.length, attempt(() => works(1)), callbackify(async function name(a, b) {}).name];
  },
  types: () => {
    const values = [new Map(), new Set(), new Date(), /x/, Promise.resolve(), new Proxy({}, {}), async () => {}, function* () {}, async function* () {}, new Uint8Array(), new Float64Array(), new ArrayBuffer(), new DataView(new ArrayBuffer(1)), new Error(), Object(1), Object("s"), Object(true), Object(1n), Object(Symbol()), new WeakMap(), new WeakSet(), [].values(), new Map().entries(), new Set().values(), (function* () {})(), (function () { return arguments; })(), {}, [], null, 5, "s", Object.create(Map.prototype)];
    const known = ["isArgumentsObject", "isArrayBuffer", "isArrayBufferView", "isAnyArrayBuffer", "isAsyncFunction", "isBigIntObject", "isBooleanObject", "isBoxedPrimitive", "isDataView", "isDate", "isFloat64Array", "isGeneratorFunction", "isGeneratorObject", "isMap", "isMapIterator", "isNativeError", "isNumberObject", "isPromise", "isProxy", "isRegExp", "isSet", "isSetIterator", "isStringObject", "isSymbolObject", "isTypedArray", "isUint8Array", "isWeakMap", "isWeakSet", "isModuleNamespaceObject", "isKeyObject", "isCryptoKey"];
    return known.map((name) => [name, values.map((value) => (types[name](value) ? 1 : 0)).join("")]);
  },
  isDeepStrictEqual: () => PAIRS.map(([one, other]) => [isDeepStrictEqual(one, other), isDeepStrictEqual(other, one)]),
  parseArgs: () =>
    [
      { args: ["-f", "--bar", "b"], options: { foo: { type: "boolean", short: "f" }, bar: { type: "string" } } },
      { args: ["--bar=b=c", "pos", "--", "--x"], options: { bar: { type: "string" } }, allowPositionals: true },
      { args: ["-abc", "v"], options: { a: { type: "boolean", short: "a" }, b: { type: "boolean", short: "b" }, c: { type: "string", short: "c" } } },
      { args: ["-cv"], options: { cc: { type: "string", short: "c" } } },
      { args: ["--m", "1", "--m", "2"], options: { m: { type: "string", multiple: true } } },
      { args: [], options: { d: { type: "string", default: "dd" }, e: { type: "boolean", default: true } } },
      { args: ["--unknown"], options: {} },
      { args: ["--unknown", "x", "-q"], options: {}, strict: false },
      { args: ["pos"], options: {} },
      { args: ["--bar"], options: { bar: { type: "string", short: "b" } } },
      { args: ["--foo=1"], options: { foo: { type: "boolean" } } },
      { args: ["--bar", "-x"], options: { bar: { type: "string" } } },
      { args: ["-a", "--b=1", "p", "--", "q"], options: { a: { type: "boolean", short: "a" }, b: { type: "string" } }, allowPositionals: true, tokens: true },
      { args: ["x"], options: { a: { type: "nope" } } },
      { args: "x" },
    ].map((config) => attempt(() => parseArgs(config))),
  styleText: () => [styleText(["red"], "x"), styleText(["bold", "underline"], "y"), attempt(() => styleText("nope", "x")).slice(0, 40), util.stripVTControlCharacters(styleText(["red", "bold"], "x"))],
  inherits: () => {
    function Parent() {}
    function Child() {}
    inherits(Child, Parent);
    return [new Child() instanceof Parent, Child.super_ === Parent, attempt(() => inherits(Child, null)), attempt(() => inherits(null, Parent))];
  },
  deprecate: () => {
    const old = deprecate((a) => a + 1, "old");
    return old(1);
  },
  "names of errors, and .env files": () => [util.getSystemErrorName(-2), util.getSystemErrorName(-104), attempt(() => util.getSystemErrorName(5)), util.parseEnv("A=1\n# no\nexport B = \"x\\ny\" # c\nC='q'\nD=a b # c\n\nE="), util.getSystemErrorMap().get(-13)[0]],
  "old tests of types": () => [util.isArray([]), util.toUSVString("a\ud800"), new util.TextDecoder().decode(new util.TextEncoder().encode("x")), typeof util.debuglog("x"), util.debuglog("x").enabled],
};
