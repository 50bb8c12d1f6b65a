// harm: the constructors and prototypes of errors replaced
// expect: 200 - ok
// body: right answer
// client: get 2
Error.captureStackTrace = () => { throw 1; };
Error.stackTraceLimit = 1e9;
for (const key of ["name", "message", "toString", "stack"]) Object.defineProperty(Error.prototype, key, { get() { throw 1; } });
globalThis.Error = globalThis.TypeError = globalThis.RangeError = class {};

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
