// harm: the time taken of a stretch of code
// expect: 200 - ok
// body: still
export default {
  fetch() {
    const now = [Date.now(), performance.now(), new Date().getTime()];
    for (let n = 0; n < 3e6; n++) Math.sqrt(n);
    const later = [Date.now(), performance.now(), new Date().getTime()];
    return new Response(now.every((time, n) => time === later[n]) ? "still" : "moved");
  },
};
