// Each method of arrays gives what the engine's own gives: for short arrays, for long ones, and for what only resembles one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { original, room, outcome, numbers } from "./load.mjs";

class Sub extends Array {}
class Plain extends Array {
  static get [Symbol.species]() {
    return Array;
  }
}

const values = () => [undefined, null, 0, -0, 1, 2, 3.5, NaN, "a", "b", "10", 9n, true, { x: 1 }, [1], Symbol.iterator];

// Makers of receivers: each gives a fresh one, so that both sides change their own.
function receivers() {
  const list = () => [3, 1, 2, 1, NaN, -0, "b", "a"];
  const holey = () => [1, , 3, , undefined, 5];
  return [
    () => [],
    list,
    holey,
    () => [1.5, 2.5, , 0.5],
    () => ["x", "yy", "", "z"],
    () => Object.freeze([1, 2, 3]),
    () => Object.seal([3, 2, 1]),
    () => Sub.from([3, 1, 2]),
    () => Plain.from([3, 1, 2]),
    () => ({ length: 4, 0: "p", 2: "q", 3: "p" }),
    () => ({ length: "3", 0: 1, 1: 2, 2: 3, 3: 4 }),
    () => ({ length: -1, 0: 1 }),
    () => ({ length: NaN }),
    () => ({}),
    () => ({ get length() { return 2; }, get 0() { return "got"; }, 1: 5 }),
    () => "string",
    () => 5,
    () => null,
    () => undefined,
    () => (function () { return arguments; })(1, 2, 3),
    () => new Uint8Array([3, 1, 2]),
    () => new Proxy(list(), {}),
    () => new Proxy(holey(), {}),
    () => new Proxy(Sub.from([1, 2, 3]), {}),
    () => [[1, [2, [3]]], 4, [], [[]]],
    () => ({ length: 2, 0: [1, [2]], 1: [[3]] }),
    () => Object.assign([3, 2, 1], { extra: true }),
    () => Array.from({ length: 300 }, (_, i) => (i * 7919) % 101),
    () => Array.from({ length: 300 }, (_, i) => (i % 3 ? `k${(i * 7919) % 101}` : i % 2 ? undefined : i)),
    () => { const sparse = []; sparse[400] = 1; sparse[5] = 2; return sparse; },
    () => Object.setPrototypeOf([1, , 3], { __proto__: Array.prototype, 1: "inherited" }),
  ];
}

const indices = [undefined, 0, 1, 2, -1, -2, 100, -100, NaN, Infinity, -Infinity, "1", null, 1.9, -0.5, { valueOf: () => 1 }, 1n, Symbol("s")];
const callbacks = [
  (value) => value,
  (value, index) => index % 2,
  function (value, index, list) { return this === undefined ? index === 1 : typeof list; },
  () => { throw new EvalError("no"); },
  undefined, null, {}, 5, Boolean, Math.abs,
  (value, index, list) => { if (index === 0 && Array.isArray(list)) { try { list.length = 1; } catch {} } return true; },
  (value, index, list) => { if (index < 3) { try { list[index + 1] = "changed"; } catch {} } return false; },
];
// What an order that contradicts itself makes is anybody's guess.
const ascending = (a, b) => (String(a) > String(b) ? 1 : String(a) < String(b) ? -1 : 0);
const comparators = [undefined, ascending, (a, b) => ascending(b, a), () => 0, () => NaN, null, {}, 5, () => { throw new EvalError("no"); }];

const pairs = (firsts, seconds) => [[], ...firsts.map((first) => [first]), ...firsts.flatMap((first) => seconds.map((second) => [first, second]))];
const cases = {
  every: pairs(callbacks, ["this"]), some: pairs(callbacks, ["this"]), forEach: pairs(callbacks, ["this"]), map: pairs(callbacks, [{}]),
  filter: pairs(callbacks, [{}]), find: pairs(callbacks, [{}]), findIndex: pairs(callbacks, [{}]), findLast: pairs(callbacks, [{}]),
  findLastIndex: pairs(callbacks, [{}]), flatMap: pairs([...callbacks, (v) => [v, [v]]], [{}]),
  flat: pairs(indices, []),
  reduce: pairs([(a, b) => `${String(a)}${String(b)}`, ...callbacks], [undefined, 0, "x"]),
  reduceRight: pairs([(a, b) => `${String(a)}${String(b)}`, ...callbacks], [undefined, 0, "x"]),
  indexOf: pairs(values(), indices), includes: pairs(values(), indices), lastIndexOf: pairs(values(), indices),
  join: pairs([undefined, "", ",", "--", null, 5, {}, Symbol("s")], []),
  toLocaleString: [[], ["en"]], toString: [[]],
  concat: [[], [[1, 2]], [[1, , 2], 3], [{ length: 1, 0: "x" }], [{ length: 2, 0: "x", [Symbol.isConcatSpreadable]: true }], ["s"], [undefined], [new Proxy([1, 2], {})], [Sub.from([1])], [Object.assign([1], { [Symbol.isConcatSpreadable]: false })], [{ length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true }, 1].slice(1)],
  copyWithin: [[], ...indices.map((i) => [0, i]), ...indices.map((i) => [i, 1]), ...indices.map((i) => [1, 0, i])],
  fill: [[], ["f"], ...indices.map((i) => ["f", i]), ...indices.map((i) => ["f", 1, i])],
  slice: pairs(indices, indices), splice: [...pairs(indices, indices), [1, 1, "n"], [0, 0, "n", "m"], [1, 2, "n", "m", "o"], [undefined, undefined, 1]],
  toSpliced: [...pairs(indices, indices), [1, 1, "n"], [0, 0, "n", "m"]],
  reverse: [[]], toReversed: [[]], shift: [[]], unshift: [[], [1], [1, 2], [undefined]],
  with: pairs(indices, ["w"]), sort: pairs(comparators, []), toSorted: pairs(comparators, []),
};

for (const [name, argumentLists] of Object.entries(cases)) {
  test(`Array.prototype.${name} does what the engine's does`, () => {
    const engines = original.arrays[name].value;
    for (const [at, make] of receivers().entries()) {
      for (const args of argumentLists) {
        const [mine, theirs] = [make(), make()];
        // The symbols and the functions are the same on both sides.
        const got = outcome(() => ({ result: Array.prototype[name].apply(mine, args), after: mine }));
        const expected = outcome(() => ({ result: engines.apply(theirs, args), after: theirs }));
        const what = () => `receiver ${at}, arguments ${args.map((arg) => (typeof arg === "object" ? "object" : String(arg)))}`;
        assert.deepEqual(got, expected, what());
        assert.deepEqual(outcome(() => mine), outcome(() => theirs), `left behind: ${what()}`);
      }
    }
  });
}

test("a list that holds itself is left out where it would be met again", () => {
  const self = [1, 2];
  self.push(self, [self, 3]);
  assert.equal(self.join(), "1,2,,,3");
  assert.equal(self.toString(), "1,2,,,3");
  assert.equal(self.toLocaleString(), "1,2,,,3");
  assert.equal(self.join("-"), "1-2--,3");
});

test("long arrays take other ways to the same end", () => {
  const random = numbers(7);
  const make = [
    () => Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 100_003),
    () => Array.from({ length: 300_000 }, (_, i) => `k${(i * 7919) % 100_003}`),
    () => { const list = new Array(300_000).fill(1); delete list[5]; delete list[299_999]; list[7] = undefined; return list; },
    () => { const list = []; list[300_000] = 1; list[random(1)] = 2; return list; },
  ];
  const calls = [
    ["map", (x) => `${x}!`], ["filter", (x) => x > 5], ["forEach", () => {}], ["indexOf", "k5"], ["indexOf", 1, 9], ["includes", undefined], ["lastIndexOf", 1],
    ["slice", 3, -3], ["slice"], ["concat", [1, , 2], 5], ["reverse"], ["toReversed"], ["shift"], ["unshift", 1, 2], ["splice", 2, 3, "x"], ["splice", 299_000],
    ["toSpliced", 1, 1], ["fill", 0], ["fill", 7, 10, -10], ["copyWithin", 0, 100], ["sort"], ["sort", (a, b) => (a > b ? 1 : a < b ? -1 : 0)], ["toSorted"],
    ["join", "-"], ["reduce", (a, b) => (b === undefined ? a : b)], ["reduceRight", (a, b) => b], ["some", (x) => x === undefined], ["every", (x) => x !== 6],
    ["find", (x) => x === undefined], ["findLastIndex", (x) => x === 1], ["with", 5, 5], ["flat"], ["flatMap", (x) => [x, x]],
  ];
  for (const [at, maker] of make.entries()) {
    for (const [name, ...args] of calls) {
      const [mine, theirs] = [maker(), maker()];
      const same = (one, other) => {
        if (!Array.isArray(one)) return Object.is(one, other);
        if (one.length !== other.length) return false;
        for (let i = 0; i < one.length; i++) {
          if (!Object.is(one[i], other[i]) || i in one !== i in other) return false;
        }
        return true;
      };
      const got = mine[name](...args);
      const expected = original.arrays[name].value.apply(theirs, args);
      assert.ok(same(got, expected), `${name} of ${at}`);
      assert.ok(same(mine, theirs), `${name} of ${at} leaves the same behind`);
    }
  }
});

test("sorting is stable, and is done with what a comparison says", () => {
  for (const length of [2, 31, 32, 33, 64, 65, 100, 1000, 5000]) {
    const random = numbers(length);
    const list = Array.from({ length }, (_, i) => ({ key: random(10), i }));
    const by = (a, b) => a.key - b.key;
    assert.deepEqual(list.toSorted(by), original.arrays.sort.value.call([...list], by));
    assert.deepEqual([...list].sort(by), original.arrays.sort.value.call([...list], by));
  }
});

test("Array.from does what the engine's does", () => {
  const sources = () => [
    [1, 2], [1, , 3], "ab\u{1f600}c", new Set([1, 2]), new Map([[1, 2]]), { length: 3, 0: "a" }, { length: -1 }, {}, 5, true, null, undefined, Symbol("s"),
    (function* () { yield 1; yield 2; })(), new Uint8Array([1, 2]), { [Symbol.iterator]: 5 }, { [Symbol.iterator]: null, length: 1, 0: "x" },
    { [Symbol.iterator]: () => 5 }, { [Symbol.iterator]: () => ({ next: () => 5 }) }, new Array(1000).fill(1), new Proxy([1, 2], {}),
    { *[Symbol.iterator]() { throw new EvalError("no"); } },
  ];
  const receivers = [Array, Sub, Plain, undefined, Object, () => {}, class { constructor(...args) { this.args = args; } }, Math.abs, class extends Array { constructor() { throw new EvalError("x"); } }];
  const mappers = [[], [undefined], [(x) => [x]], [function (x, i) { return [this, i]; }, { t: 1 }], [null], [5], [() => { throw new EvalError("no"); }]];
  for (const receiver of receivers) {
    for (const mapper of mappers) {
      const [one, other] = [sources(), sources()];
      for (let i = 0; i < one.length; i++) {
        assert.deepEqual(outcome(() => Array.from.call(receiver, one[i], ...mapper)), outcome(() => original.Array.from.value.call(receiver, other[i], ...mapper)), `${i} ${mapper}`);
      }
    }
  }
  let closed = 0;
  const iterable = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }), return: () => { closed++; return {}; } }) };
  assert.throws(() => Array.from(iterable, () => { throw new EvalError("no"); }), EvalError);
  assert.equal(closed, 1, "an iterator is closed when the mapper throws");
  room.is = false;
  assert.throws(() => Array.from("x".repeat(1 << 20)), RangeError);
  room.is = true;
});

test("a proxy's length is asked for once", () => {
  for (const name of ["indexOf", "map", "slice", "join", "sort", "concat", "flat", "shift"]) {
    const lengths = [];
    const proxy = new Proxy([1, 2], { get: (target, key, receiver) => { if (key === "length") lengths.push(key); return Reflect.get(target, key, receiver); } });
    Array.prototype[name].call(proxy, name === "map" ? (x) => x : undefined);
    assert.equal(lengths.length, 1, name);
  }
});

test("elements are defined whatever the prototypes say", () => {
  let set = 0;
  Object.defineProperty(Array.prototype, 0, { configurable: true, get: () => "proto", set: () => { set++; } });
  try {
    assert.deepEqual(Object.keys(Array.prototype.map.call({ length: 1, 0: 5 }, (x) => x)), ["0"]);
    assert.deepEqual(Object.keys([[1]].flat()), ["0"]);
    assert.equal(Array.from(new Set([7]))[0], 7);
    assert.equal(set, 0);
  } finally {
    delete Array.prototype[0];
  }
});
