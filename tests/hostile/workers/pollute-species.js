// harm: every Symbol.species replaced
// expect: 200 - ok
// body: right answer
// client: get 2
const Typed = Object.getPrototypeOf(Uint8Array);
for (const Class of [Array, Map, Set, Promise, RegExp, ArrayBuffer, Typed]) {
  Object.defineProperty(Class, Symbol.species, { get() { throw new Error("polluted"); }, configurable: true });
}

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
