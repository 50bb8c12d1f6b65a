// harm: Promise.prototype.then replaced by one that never calls back
// expect: 200 - ok
// body: right answer
// client: get 2
Promise.prototype.then = function () { return new Promise(() => {}); };

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
