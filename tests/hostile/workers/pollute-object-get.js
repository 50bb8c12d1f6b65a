// harm: Object.prototype.get and set, which make every descriptor an accessor
// expect: 200 - ok
// body: right answer
// client: get 2
Object.prototype.get = () => "polluted";
Object.prototype.set = () => {};

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
