// harm: the Web platform's classes replaced
// expect: 200 - ok
// body: right answer
// client: get 2
const { Response: Kept } = globalThis;
for (const key of ["Request", "Headers", "ReadableStream", "URL", "TextEncoder", "Blob", "AbortSignal", "Event"]) {
  globalThis[key] = class { constructor() { throw new Error("polluted"); } };
}
globalThis.Kept = Kept;

export default {
  async fetch() {
    await null;
    return new Kept("right answer", { headers: { "x-a": "b" } });
  },
};
