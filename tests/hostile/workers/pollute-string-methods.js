// harm: the methods of strings replaced by ones that throw
// expect: 200 - ok or 500 worker-exception exception
// body: right answer
// client: get 2
for (const key of Object.getOwnPropertyNames(String.prototype)) {
  if (key !== "constructor" && key !== "length") String.prototype[key] = () => { throw new Error("polluted"); };
}

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
