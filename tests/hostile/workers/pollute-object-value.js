// harm: Object.prototype.value, writable and done, which every descriptor and result inherits
// expect: 200 - ok
// body: right answer
// client: get 2
Object.prototype.value = "polluted";
Object.prototype.writable = false;
Object.prototype.done = true;

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
