// Strings, JSON and URIs: the replaced built-ins give what the engine's give.
import assert from "node:assert/strict";
import { test } from "node:test";
import { original, room, outcome, numbers } from "./load.mjs";

const pad = "x".repeat(5000);
const texts = ["", "abcabc", "\u00dfIA\u03a3", "a,b,,c", pad, `${pad}abc${pad}`, "a".repeat(6000), `${"ab".repeat(3000)}c`, "e\u0301".repeat(3000), "\ud83d\ude00".repeat(3000)];
const receivers = [...texts, new String("abc"), new String(`${pad}abc`), 5, { toString: () => `${pad}z` }, null, undefined, Symbol("s"), [1, 2]];
const sought = ["", "a", "abc", "b,", "c", pad, "a".repeat(300), `${"ab".repeat(2999)}c`, undefined, null, 5, /b/, /b/g, { toString: () => "abc" }, new String("abc"), Symbol("s"), { [Symbol.split]: () => "own", [Symbol.replace]: () => "own" }];
const positions = [undefined, 0, 3, -1, 5001, Infinity, -Infinity, NaN, "2", { valueOf: () => 1 }, 1n];
const limits = [undefined, 0, 1, 2, -1, 2 ** 32, "2"];
const replacements = ["", "z", "$$", "$&", "$`", "$'", "$1$", "<$<a>>", (...all) => `${all.length}:${all[1]}`, undefined, 5, { toString: () => "t" }, Symbol("s")];

const cases = {
  indexOf: [[], ...sought.map((one) => [one]), ...sought.flatMap((one) => positions.map((at) => [one, at]))],
  includes: [[], ...sought.map((one) => [one]), ...sought.flatMap((one) => positions.map((at) => [one, at]))],
  lastIndexOf: [[], ...sought.map((one) => [one]), ...sought.flatMap((one) => positions.map((at) => [one, at]))],
  startsWith: sought.map((one) => [one]), endsWith: sought.map((one) => [one]),
  split: [[], ...sought.flatMap((one) => limits.map((limit) => [one, limit]))],
  replace: sought.flatMap((one) => replacements.map((by) => [one, by])),
  replaceAll: sought.flatMap((one) => replacements.map((by) => [one, by])),
  toUpperCase: [[]], toLowerCase: [[]], toLocaleUpperCase: [[], ["tr"]], normalize: [[], ["NFD"], ["no"], [undefined]],
  localeCompare: [["abc"], ["b", "de"], [undefined], [Symbol("s")]], trim: [[]], trimStart: [[]], trimEnd: [[]], isWellFormed: [[]],
};

for (const [name, argumentLists] of Object.entries(cases)) {
  test(`String.prototype.${name} does what the engine's does`, () => {
    const engines = original.strings[name].value;
    for (const [at, receiver] of receivers.entries()) {
      for (const args of argumentLists) {
        const got = outcome(() => String.prototype[name].apply(receiver, args));
        assert.deepEqual(got, outcome(() => engines.apply(receiver, args)), `receiver ${at}, ${args.map((arg) => String(arg?.toString?.()).slice(0, 20))}`);
      }
    }
  });
}

test("long texts in long texts are found, split and replaced", () => {
  const random = numbers(3);
  for (let round = 0; round < 30; round++) {
    const text = Array.from({ length: 40_000 }, () => "ab"[random(20) ? 0 : 1]).join("");
    const from = random(30_000);
    const part = text.slice(from, from + 200 + random(400));
    for (const [name, ...args] of [["indexOf", part], ["indexOf", part, from + 1], ["lastIndexOf", part], ["includes", `${part}c`], ["split", part], ["split", part, 1], ["replace", part, "[$&]"], ["replaceAll", part, "$`"], ["lastIndexOf", `${part}z`]]) {
      assert.deepEqual(text[name](...args), original.strings[name].value.apply(text, args), name);
    }
  }
});

test("JSON.stringify writes long texts in pieces, wherever those end", () => {
  const engines = original.JSON.stringify.value;
  for (const unit of ["x", "\u0000", "\ud83d\ude00", "\ud83d", "\udc00\ud83d", 'a"\\\n\u00e9\u2028']) {
    for (const beginning of ["", "y"]) {
      const text = beginning + unit.repeat(1_100_000 / unit.length);
      assert.ok(JSON.stringify(text) === engines(text), unit);
      assert.ok(JSON.stringify(text, ["y"], 2) === engines(text, ["y"], 2), unit);
    }
  }
});

test("String.raw does what the engine's does", () => {
  const raws = [{ raw: ["a", "b", "c"] }, { raw: "abc" }, { raw: { length: 2, 0: 1, 1: 2 } }, { raw: [] }, { raw: null }, {}, null, undefined, { raw: { length: -1 } }, { raw: [Symbol("s")] }, { raw: ["a", "b"] }];
  for (const raw of raws) {
    for (const args of [[], [1], [1, 2], [1, 2, 3]]) assert.deepEqual(outcome(() => String.raw(raw, ...args)), outcome(() => original.String.raw.value(raw, ...args)));
  }
});

test("URIs are coded in pieces, wherever those end", () => {
  const random = numbers(11);
  const alphabet = ["a", "%", " ", "\u00e9", "\u20ac", "\ud83d\ude00", "/", "?", "%41", "\u0000", "+"];
  for (const name of ["encodeURI", "encodeURIComponent", "escape"]) {
    for (let round = 0; round < 6; round++) {
      const text = Array.from({ length: 60_000 }, () => alphabet[random(alphabet.length)]).join("");
      const coded = original.global[name](text);
      assert.equal(globalThis[name](text), coded);
      const back = name === "escape" ? "unescape" : name.replace("en", "de");
      assert.deepEqual(outcome(() => globalThis[back](coded)), outcome(() => original.global[back](coded)));
      assert.deepEqual(outcome(() => globalThis[back](text)), outcome(() => original.global[back](text)));
      for (let cut = 0; cut < 12; cut++) {
        const shifted = "b".repeat(cut) + coded;
        assert.equal(globalThis[back](shifted), original.global[back](shifted));
      }
    }
  }
  for (const value of [undefined, null, 5, "\ud800", "%", "%E0%A4%A", {}, Symbol("s")]) {
    for (const name of ["encodeURI", "encodeURIComponent", "decodeURI", "decodeURIComponent", "escape", "unescape"]) {
      assert.deepEqual(outcome(() => globalThis[name](value)), outcome(() => original.global[name](value)), name);
    }
  }
  assert.throws(() => encodeURIComponent(`${"a".repeat(40_000)}\ud800`), URIError);
  assert.throws(() => decodeURIComponent("%80".repeat(40_000)), URIError);
});

test("JSON.parse reads long texts as the engine does", () => {
  const { parse } = { parse: original.JSON.parse.value };
  const blank = " ".repeat(70_000);
  const long = " ".repeat(1 << 20);
  const good = ["1", "-1.5e3", ' [1, 2 ,{"a":"b\\n\\u00e9","__proto__":5,"a":7}] ', "{}", "[]", "[[],[[]],{}]", '"x\\"y"', "true", "null", '{"toString":1,"1":2,"b":{"c":[]}}', "0", "-0", '"\\\\"', `"${blank}"`];
  const bad = ["", "[", "[1", "[1,", "[1,]", "{", '{"a"', '{"a":', '{"a":1,}', "01", "1.", "-", "+1", ".5", "tru", "[1 2]", '"', '"\\', '"\n"', "[1]]", "{a:1}", "'a'", "1 1", "\u00a01", "[,]", '{"a":1 "b":2}', '"\\x"', "1e", "--1", '"\\u12"', '{"a" 1}', "]", "truex", "[true false]", "[1}", '{"a":1]', "[}", "1]", "[1},{2]"];
  const around = [(x) => x, (x) => `[${blank}${x}]`, (x) => `[${x},${blank}${x}${blank},${x}]`, (x) => `{"k":${blank}${x},"l":[${blank}${blank}${x}]${blank},"k":${x}}`, (x) => `[1,${blank}${x}${blank},2]`, (x) => `[${blank}1,${x}`, (x) => `{${blank}"a":1,${x}}`];
  for (const text of [...good, ...bad]) {
    for (const put of around) {
      const whole = long + put(text);
      assert.deepEqual(outcome(() => JSON.parse(whole)), outcome(() => parse(whole)), put(text).replaceAll(blank, "~"));
    }
  }
  const deep = `${long}${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  assert.equal(JSON.stringify(Object.keys(JSON.parse(deep))), '["0"]');
  const data = JSON.stringify(Array.from({ length: 30_000 }, (_, id) => ({ id, name: `user${id}`, tags: ["a", "b\n"], n: id / 3 })));
  assert.deepEqual(JSON.parse(data), parse(data));
  const revive = (key, value) => (key === "name" ? undefined : typeof value === "number" ? value + 1 : value);
  assert.deepEqual(JSON.parse(data, revive), parse(data, revive));
  assert.deepEqual(JSON.parse('{"a":[1,2]}', revive), parse('{"a":[1,2]}', revive));
  assert.equal(Object.getPrototypeOf(JSON.parse(`${long}{"__proto__":{"x":1}}`)), Object.prototype);
  for (const text of [undefined, null, { toString: () => "[1]" }, 5, true, Symbol("s"), []]) assert.deepEqual(outcome(() => JSON.parse(text)), outcome(() => parse(text)));
});

test("JSON.stringify does what the engine's does", () => {
  const values = [undefined, null, 1, "a", [1, , 2], { a: 1, b: [undefined, () => {}], c: { d: 1n ? "x" : 0 } }, { toJSON: (key) => `k${key}` }, new Date(0), 5n, Symbol("s"), () => {}];
  const replacers = [undefined, null, [], ["a", "c", 1, new String("d"), {}], Array.from({ length: 3000 }, (_, i) => (i % 2 ? "a" : `n${i}`)), (key, value) => (key === "b" ? undefined : value), function (key, value) { return this === undefined ? 1 : value; }, 5, {}, new Proxy(["a"], {})];
  for (const value of values) {
    for (const replacer of replacers) {
      for (const space of [undefined, 2, "--", new Number(3), {}]) {
        assert.deepEqual(outcome(() => JSON.stringify(value, replacer, space)), outcome(() => original.JSON.stringify.value(value, replacer, space)));
      }
    }
  }
  assert.equal(JSON.stringify(), undefined);
});

test("what would be more than there is room for is refused", () => {
  room.is = false;
  const big = "a,".repeat(1 << 20);
  for (const call of [() => JSON.parse(`["${big}"]`), () => big.split(","), () => big.split(""), () => big.toUpperCase(), () => big.normalize("NFC"), () => encodeURIComponent(big), () => Object.keys(big), () => Object.entries(new Array(1 << 20)), () => Array.from(big)]) {
    assert.throws(call, { name: "RangeError", message: /memory limit/ });
  }
  assert.deepEqual("a,b".split(","), ["a", "b"], "what is small is not asked for");
  room.is = true;
});
