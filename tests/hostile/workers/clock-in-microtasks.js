// harm: the time taken between microtasks
// expect: 200 - ok
// body: still
export default {
  async fetch() {
    const before = performance.now();
    for (let n = 0; n < 10_000; n++) await null;
    const marked = performance.mark("x").startTime - before;
    return new Response(performance.now() === before && marked === 0 ? "still" : "moved");
  },
};
