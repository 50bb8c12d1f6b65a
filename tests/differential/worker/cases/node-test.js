// What stands in for functions and properties.
import { MockFunctionContext, MockTracker, mock } from "node:test";

import { outcomes } from "../outcome.js";

const shown = ({ arguments: args, result, error, target, this: self, stack }) => ({ args, result, error, target: typeof target, self: typeof self, stack: stack instanceof Error });
const things = () => ({
  value: 5,
  add(a) { return this.value + a; },
  get half() { return this.value / 2; },
  set half(half) { this.value = half * 2; },
});

export default {
  "a function": () => {
    const fn = mock.fn(function add(a, b) { return a + b; });
    const results = [fn(1, 2), typeof new fn(3, 4), fn.call({ x: 1 }, 5)];
    return [results, fn.name, fn.length, Object.keys(fn), fn.mock.callCount(), fn.mock.calls.map(shown), fn.mock instanceof MockFunctionContext];
  },
  "a function that throws": async () => {
    const fn = mock.fn(() => { throw new RangeError("mine"); });
    return [await outcomes(() => fn()), fn.mock.calls.map(shown)];
  },
  "a function with another behind it": () => {
    const [fn, once] = [mock.fn(() => 1, () => 2), mock.fn(() => 1, () => 2, { times: 2 })];
    return [fn(), fn(), once(), once(), once(), mock.fn()(), new MockTracker().fn(() => 7)()];
  },
  "other implementations": async () => {
    const fn = mock.fn(() => 1);
    fn.mock.mockImplementation(() => 2);
    fn.mock.mockImplementationOnce(() => 3);
    fn.mock.mockImplementationOnce(() => 4, 3);
    const results = [fn(), fn(), fn(), fn(), fn(), fn.mock.callCount()];
    fn.mock.resetCalls();
    results.push(fn.mock.callCount());
    fn.mock.restore();
    results.push(fn());
    return [results, await outcomes(() => fn.mock.mockImplementation(5), () => fn.mock.mockImplementationOnce(() => 1, 0), () => fn.mock.mockImplementationOnce(() => 1, "x"))];
  },
  "methods": () => {
    const object = things();
    const add = mock.method(object, "add", (a) => a);
    const results = [object.add(3), add === object.add, add.mock.callCount(), typeof add.mock.calls[0].this];
    add.mock.restore();
    results.push(object.add(3));
    class A { m() { return 1; } }
    const one = new A();
    mock.method(A.prototype, "m", () => 2);
    results.push(one.m());
    mock.method(one, "m", () => 3);
    results.push(one.m(), Object.hasOwn(one, "m"));
    mock.restoreAll();
    results.push(one.m());
    mock.reset();
    return results;
  },
  "getters and setters": () => {
    const object = things();
    const got = mock.getter(object, "half", () => 9);
    const results = [object.half, got.mock.callCount()];
    mock.restoreAll();
    const set = mock.setter(object, "half", function (half) { this.value = half * 10; });
    object.half = 4;
    results.push(object.value, set.mock.calls[0].arguments, object.half);
    mock.reset();
    object.half = 4;
    results.push(object.value);
    return results;
  },
  "properties": () => {
    const object = things();
    const { mock: context } = mock.property(object, "value", 42);
    const results = [object.value];
    object.value = 6;
    results.push(object.value, context.accessCount(), context.accesses.map(({ type, value }) => [type, value]));
    context.mockImplementation(7);
    context.mockImplementationOnce(8);
    results.push(object.value, object.value);
    context.resetAccesses();
    results.push(context.accessCount());
    context.restore();
    results.push(object.value);
    return results;
  },
  "what cannot be stood in for": () =>
    outcomes(
      () => mock.fn(1),
      () => mock.fn(() => 1, () => 2, 5),
      () => mock.method(things(), "nope"),
      () => mock.method(5, "x"),
      () => mock.method(things(), "value"),
      () => mock.method(things(), 5),
      () => mock.method(things(), "half", { getter: true, setter: true }),
      () => mock.getter(things(), "half", { getter: false }),
      () => mock.property(things(), "nope", 1),
      () => mock.property(5, "x", 1),
    ),
};
