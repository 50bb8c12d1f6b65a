// harm: Object.prototype.then, which makes every object a thenable that never resolves
// expect: 200 - ok or 500 worker-exception exception or 500 worker-hung exception
// body: right answer
// client: get 2
Object.prototype.then = function () {};

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
