// harm: RegExp.prototype.exec, test and flags replaced
// expect: 200 - ok
// body: right answer
// client: get 2
RegExp.prototype.exec = RegExp.prototype.test = () => { throw new Error("polluted"); };
Object.defineProperty(RegExp.prototype, "flags", { get() { throw new Error("polluted"); } });

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
