// Typed arrays, objects, promises and proxies; and that the replaced built-ins look like the engine's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { original, outcome } from "./load.mjs";

const objects = { Array, "Array.prototype": Array.prototype, "String.prototype": String.prototype, String, JSON, Object, Reflect, Promise, "Function.prototype": Function.prototype, "TypedArray.prototype": Object.getPrototypeOf(Uint8Array.prototype), TypedArray: Object.getPrototypeOf(Uint8Array) };
const before = { Array: "Array", "Array.prototype": "arrays", "String.prototype": "strings", String: "String", JSON: "JSON", Object: "Object", Reflect: "Reflect", Promise: "Promise", "Function.prototype": "Function", "TypedArray.prototype": "typedArrays", TypedArray: "TypedArray" };

test("what is replaced has the names, lengths and attributes of the engine's, and looks native", () => {
  let replaced = 0;
  for (const [name, object] of Object.entries(objects)) {
    const engines = original[before[name]];
    const now = Object.getOwnPropertyDescriptors(object);
    assert.deepEqual(Reflect.ownKeys(now), Reflect.ownKeys(engines), name);
    for (const key of Reflect.ownKeys(engines)) {
      const [mine, theirs] = [now[key], engines[key]];
      if (mine.value === theirs.value && mine.get === theirs.get) continue;
      replaced++;
      const what = `${name}.${String(key)}`;
      assert.deepEqual([mine.writable, mine.enumerable, mine.configurable], [theirs.writable, theirs.enumerable, theirs.configurable], what);
      assert.deepEqual([mine.value.name, mine.value.length], [theirs.value.name, theirs.value.length], what);
      assert.equal(mine.value.toString(), original.Function.toString.value.call(theirs.value), what);
      assert.deepEqual(Reflect.ownKeys(mine.value).toSorted(), ["length", "name"], what);
      assert.throws(() => new mine.value(), TypeError, what);
    }
  }
  assert.ok(replaced > 90, `${replaced}`);
  for (const name of ["encodeURI", "decodeURIComponent", "escape", "Proxy"]) {
    const engines = original.global[name];
    assert.deepEqual([globalThis[name].name, globalThis[name].length, String(globalThis[name])], [name, engines.length, `function ${name}() { [native code] }`]);
  }
  assert.equal(String(function f(a) { return a; }), "function f(a) { return a; }");
  assert.throws(() => Function.prototype.toString.call({}), TypeError);
});

const types = [Uint8Array, Int16Array, Float32Array, Float64Array, BigInt64Array, Uint8ClampedArray];
// What an order that contradicts itself makes of what is no number is anybody's guess.
const descending = (a, b) => (String(a) < String(b) ? 1 : String(a) > String(b) ? -1 : 0);
class Sub extends Float64Array {}

function fill(list) {
  for (let i = 0; i < list.length; i++) {
    const value = (i * 7919) % 97;
    list[i] = list instanceof BigInt64Array ? BigInt(value) - 40n : list instanceof Float64Array && i % 11 === 0 ? [NaN, -0, 0, Infinity, -Infinity][i % 5] : value - 40;
  }
  return list;
}

test("typed arrays give what the engine's give, short or long", () => {
  const big = (list) => (list instanceof BigInt64Array ? 3n : 3);
  const calls = (list) => [
    ["map", (x) => x], ["map", (x, i) => (typeof x === "bigint" ? BigInt(i) : i)], ["filter", (x) => x > 5], ["forEach", () => {}], ["every", (x) => x !== 7], ["some", (x) => x == 7], ["find", (x) => x > 50], ["findIndex", (x) => x > 50],
    ["findLast", (x) => x > 50], ["findLastIndex", (x) => x > 5000], ["reduce", (a, b) => (a > b ? a : b)], ["reduceRight", (a, b) => a, "init"], ["reduce"], ["map"], ["sort"], ["sort", descending],
    ["sort", () => NaN], ["sort", 5], ["toSorted"], ["toSorted", descending], ["toSorted", null], ["join"], ["join", "--"], ["join", undefined], ["toLocaleString"], ["set", [1, 2]], ["set", [big(list)], 3], ["set", { length: 2, 0: big(list), 1: "7" }, 1], ["set", [1], -1],
    ["set", { length: 1e6 }], ["set", "12"], ["set", 5], ["set", null], ["set", new Uint8Array(3), 1], ["fill", big(list)], ["fill", big(list), 1, -1], ["slice", 1, -1], ["indexOf", big(list)], ["indexOf", big(list), 5], ["includes", NaN], ["lastIndexOf", big(list)], ["lastIndexOf", big(list), undefined],
    ["reverse"], ["toReversed"], ["copyWithin", 0, 3], ["with", 0, big(list)], ["with", 1e9, 1],
  ];
  for (const type of [...types, Sub]) {
    for (const length of [0, 1, 10, 300, 1000]) {
      for (const [name, ...args] of calls(new type(1))) {
        const [mine, theirs] = [fill(new type(length)), fill(new type(length))];
        const got = outcome(() => ({ result: mine[name](...args), after: mine }));
        assert.deepEqual(got, outcome(() => ({ result: original.typedArrays[name].value.apply(theirs, args), after: theirs })), `${type.name} ${length} ${name}`);
      }
    }
  }
  for (const type of types) {
    const [mine, theirs] = [fill(new type(300_000)), fill(new type(300_000))];
    original.typedArrays.sort.value.call(theirs);
    assert.ok(mine.toSorted().every((x, i) => Object.is(x, theirs[i])), `${type.name} toSorted`);
    assert.ok(mine.sort().every((x, i) => Object.is(x, theirs[i])), `${type.name} sort`);
  }
  for (const name of ["map", "set", "sort", "join", "fill"]) {
    for (const receiver of [null, undefined, {}, [], 5, new DataView(new ArrayBuffer(1000))]) {
      assert.deepEqual(outcome(() => objects["TypedArray.prototype"][name].call(receiver, () => 1)), outcome(() => original.typedArrays[name].value.call(receiver, () => 1)));
    }
  }
  const sources = () => [[1, 2], { length: 2, 0: 1 }, "12", new Set([1, 2]), null, undefined, 5, { [Symbol.iterator]: 5 }, { length: -1 }, new Uint8Array(3), [1n]];
  for (const type of [...types, Object.getPrototypeOf(Uint8Array), undefined, Array]) {
    for (const mapper of [[], [(x) => x], [5], [undefined]]) {
      const [one, other] = [sources(), sources()];
      for (let i = 0; i < one.length; i++) {
        assert.deepEqual(outcome(() => Uint8Array.from.call(type, one[i], ...mapper)), outcome(() => original.TypedArray.from.value.call(type, other[i], ...mapper)), `${type?.name} ${i}`);
      }
    }
  }
});

test("objects give what the engine's give", () => {
  const values = () => [{ a: 1, 2: 3, [Symbol.iterator]: 5 }, [1, , 2], "abc", 5, null, undefined, new Proxy({ a: 1 }, {}), new Uint8Array(2), Object.freeze({ a: 1 }), function f() {}, new String("ab")];
  for (const name of ["keys", "values", "entries", "getOwnPropertyNames", "getOwnPropertyDescriptors", "getOwnPropertySymbols", "isFrozen", "freeze", "seal"]) {
    const [one, other] = [values(), values()];
    for (let i = 0; i < one.length; i++) assert.deepEqual(outcome(() => Object[name](one[i])), outcome(() => original.Object[name].value(other[i])), `${name} ${i}`);
  }
  const lists = () => [[], [{}], [null], [{ a: 1 }, { b: 2 }], [{ a: 1 }, null, "xy", { a: 3 }], [Object.freeze({ a: 1 }), { a: 2 }], [{}, undefined], [5, { a: 1 }]];
  const [one, other] = [lists(), lists()];
  for (let i = 0; i < one.length; i++) assert.deepEqual(outcome(() => Object.assign(...one[i])), outcome(() => original.Object.assign.value(...other[i])), `${i}`);
  const log = [];
  const key = { toString: () => { log.push("key"); return "k"; } };
  const entry = { get 0() { log.push(0); return key; }, get 1() { log.push(1); return 2; } };
  const entries = () => [[["a", 1], ["b", 2]], new Map([["a", 1], [Symbol.iterator, 2], [5, 6]]), new Set([entry]), new Set([5]), new Set(["ab"]), { [Symbol.iterator]: 5 }, {}, null, undefined, 5, new Map([["__proto__", 1], ["toString", 2]]), new Map(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]))];
  const [first, second] = [entries(), entries()];
  for (let i = 0; i < first.length; i++) assert.deepEqual(outcome(() => Object.fromEntries(first[i])), outcome(() => original.Object.fromEntries.value(second[i])), `${i}`);
  assert.deepEqual(log, [0, 1, "key", 0, 1, "key"]);
  assert.deepEqual(outcome(() => Object.create(null, { a: { value: 1 } })), outcome(() => original.Object.create.value(null, { a: { value: 1 } })));
  assert.deepEqual(outcome(() => Object.create({}, null)), outcome(() => original.Object.create.value({}, null)));
});

// A promise that nobody has to look at.
function refused(reason) {
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
}

test("promises that wait for many give what the engine's give", async () => {
  class Later extends Promise {}
  const thenable = { then: (resolve) => resolve("thenable") };
  const inputs = () => [[], [1, 2], [Promise.resolve(1), thenable], [refused(new EvalError("no")), 2], [refused(1), refused(2)], "ab", 5, null, undefined, {}, new Set([1, 2]), (function* () { yield 1; throw new EvalError("no"); })(), { [Symbol.iterator]: 5 }, Array.from({ length: 5000 }, (_, i) => (i % 3 ? Promise.resolve(i) : i)), Array.from({ length: 5000 }, (_, i) => refused(i))];
  const settle = async (work) => {
    try {
      const promise = work();
      // A race of nobody is never over.
      const pending = new Promise((resolve) => setImmediate(resolve, "pending"));
      return { kind: promise.constructor.name, value: await original.Promise.race.value.call(Promise, [promise, pending]) };
    } catch (error) {
      return { threw: error?.name ?? error, errors: error?.errors };
    }
  };
  for (const name of ["all", "allSettled", "any", "race"]) {
    for (const receiver of [Promise, Later, undefined]) {
      const [one, other] = [inputs(), inputs()];
      for (let i = 0; i < one.length; i++) {
        const got = await settle(() => Promise[name].call(receiver, one[i]));
        assert.deepEqual(got, await settle(() => original.Promise[name].value.call(receiver, other[i])), `${name} ${i}`);
      }
    }
  }
});

test("proxies are what they were", () => {
  assert.throws(() => Proxy({}, {}), TypeError);
  assert.throws(() => new Proxy(5, {}), TypeError);
  assert.equal("prototype" in Proxy, false);
  assert.deepEqual(Reflect.ownKeys(Proxy).toSorted(), ["length", "name", "revocable"]);
  const { proxy, revoke } = Proxy.revocable([1, 2], {});
  assert.deepEqual(proxy.map((x) => x + 1), [2, 3]);
  revoke();
  assert.throws(() => Array.prototype.map.call(proxy, (x) => x), TypeError);
  assert.throws(() => new Proxy(proxy, {}).x, TypeError);
  assert.deepEqual(Reflect.construct(Proxy, [[3], {}]).slice(), [3]);
});
