import assert from "node:assert";
import strict from "node:assert/strict";

const attempt = (work) => {
  try {
    return [work()];
  } catch (error) {
    return [error.name, error.code, error.operator, error.generatedMessage];
  }
};
const message = (work) => {
  try {
    return work();
  } catch (error) {
    return error.message;
  }
};
const all = ["equal", "notEqual", "strictEqual", "notStrictEqual", "deepEqual", "notDeepEqual", "deepStrictEqual", "notDeepStrictEqual"];
const PAIRS = [[1, 1], [1, "1"], [1, 2], [NaN, NaN], [0, -0], [null, undefined], [{ a: 1 }, { a: 1 }], [{ a: 1 }, { a: "1" }], [[1, [2]], [1, [2]]], [new Set([1]), new Set([1])], [new Set([{ a: 1 }]), new Set([{ a: 1 }])], [new Map([[1, { a: "1" }]]), new Map([["1", { a: 1 }]])], [new Date(0), new Date(0)], [new Error("a"), new Error("a")], [[1, 2, 3], { 0: 1, 1: 2, 2: 3, length: 3 }], ["a", new String("a")], [new Set(["1", 2]), new Set([1, "2"])], [[undefined], [null]]];

export default {
  comparisons: () => all.map((name) => PAIRS.map(([one, other]) => attempt(() => assert[name](one, other)))),
  "strict comparisons": () => all.map((name) => PAIRS.map(([one, other]) => attempt(() => strict[name](one, other)))),
  "short messages": () => [message(() => assert.strictEqual(1, 2)), message(() => assert.equal(1, 2)), message(() => assert.notStrictEqual(1, 1)), message(() => assert.notEqual(1, 1)), message(() => assert.fail()), message(() => assert.fail("x")), message(() => assert.ifError(new Error("e"))), message(() => assert.ok(0, "zero"))],
  "a message that is an error is thrown": () => attempt(() => assert.equal(1, 2, new TypeError("mine"))),
  "ok and the function itself": () => [attempt(() => assert(true)), attempt(() => assert(0)), attempt(() => assert.ok(null)), attempt(() => assert()), attempt(() => strict(false, "x"))],
  "missing arguments": () => attempt(() => assert.equal(1)),
  throws: () => {
    const bad = () => {
      throw new TypeError("bad thing");
    };
    return [[bad], [bad, TypeError], [bad, RangeError], [bad, /bad/], [bad, /good/], [bad, { message: "bad thing" }], [bad, { message: "other" }], [bad, { message: /bad/, name: "TypeError" }], [bad, (error) => error instanceof TypeError], [bad, () => false], [() => {}], [() => {}, TypeError], [() => {}, "message"], [bad, "bad thing"], [5], [bad, {}], [bad, new TypeError("bad thing")]].map((args) => attempt(() => assert.throws(...args)));
  },
  async rejects() {
    const outcomes = [];
    for (const args of [[Promise.reject(new Error("x"))], [Promise.reject(new Error("x")), /x/], [Promise.reject(new Error("x")), /y/], [Promise.resolve()], [async () => { throw new Error("z"); }, Error], [5], [() => 5]]) {
      outcomes.push(await assert.rejects(...args).then((value) => [value], (error) => [error.name, error.code, error.operator]));
    }
    outcomes.push(await assert.doesNotReject(Promise.resolve()).then(() => "ok"));
    outcomes.push(await assert.doesNotReject(Promise.reject(new Error("q"))).catch((error) => error.code));
    return outcomes;
  },
  "does not throw": () => [attempt(() => assert.doesNotThrow(() => {})), attempt(() => assert.doesNotThrow(() => { throw new Error("x"); }))],
  match: () => [attempt(() => assert.match("abc", /b/)), attempt(() => assert.match("abc", /x/)), attempt(() => assert.match(5, /x/)), attempt(() => assert.doesNotMatch("abc", /x/)), attempt(() => assert.doesNotMatch("abc", /b/)), attempt(() => assert.match("x", "x"))],
  "an assertion error": () => {
    const error = new assert.AssertionError({ actual: 1, expected: 2, operator: "strictEqual" });
    return [error.name, error.code, error.message, error.actual, error.expected, error.operator, error.generatedMessage, String(error).split("\n")[0], error instanceof Error];
  },
};
