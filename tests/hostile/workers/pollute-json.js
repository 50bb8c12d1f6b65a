// harm: JSON.stringify and JSON.parse replaced
// expect: 200 - ok
// body: right answer
// client: get 2
JSON.stringify = () => { throw new Error("polluted"); };
JSON.parse = () => ({ polluted: true });
Object.prototype.toJSON = () => "polluted";

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
