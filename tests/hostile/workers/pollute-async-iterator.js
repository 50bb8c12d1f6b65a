// harm: the prototypes of iterators and generators replaced
// expect: 200 - ok or 500 worker-exception exception or 500 worker-does-not-load exception
// body: right answer
// client: get 2
const prototypes = [[][Symbol.iterator](), (function* () {})(), (async function* () {})(), new Map().entries()].map(Object.getPrototypeOf);
for (const prototype of prototypes) {
  for (const key of ["next", "return", "throw"]) Object.defineProperty(prototype, key, { value: () => { throw new Error("polluted"); } });
}

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
