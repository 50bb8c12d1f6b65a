// harm: Object.prototype.then, which makes every object a thenable that loops
// expect: 200 - ok or 503 exceeded-cpu exceededCpu or 500 worker-exception exception
// body: right answer
// client: get 2
Object.prototype.then = function () { for (;;) {} };

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
