// harm: the getters of Response, Headers and Request replaced
// expect: 200 - ok
// body: right answer
// client: get 2
for (const Class of [Response, Request, Headers, ReadableStream, URL]) {
  for (const key of Reflect.ownKeys(Class.prototype)) {
    if (key !== "constructor") Object.defineProperty(Class.prototype, key, { get() { throw new Error("polluted"); }, configurable: true });
  }
}

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
