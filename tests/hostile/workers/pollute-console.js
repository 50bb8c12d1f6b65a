// harm: the console and its methods replaced
// expect: 200 - ok
// body: right answer
// client: get 2
for (const key of Object.keys(console)) console[key] = () => { throw new Error("polluted"); };
globalThis.console = null;
queueMicrotask(() => console.log("x"));

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
