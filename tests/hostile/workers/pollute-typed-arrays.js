// harm: the buffer, length and methods of typed arrays replaced
// expect: 200 - ok
// body: right answer
// client: get 2
const Typed = Object.getPrototypeOf(Uint8Array.prototype);
for (const key of ["buffer", "byteLength", "byteOffset", "length"]) Object.defineProperty(Typed, key, { get() { return 2 ** 40; } });
for (const key of ["set", "subarray", "slice", "fill"]) Typed[key] = () => { throw new Error("polluted"); };
Object.defineProperty(ArrayBuffer.prototype, "byteLength", { get: () => 2 ** 40 });

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
